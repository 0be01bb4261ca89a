import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { days } from '../../domain/time.ts';
import { TlsCertificate } from './tls-certificate.ts';

const openssl = '/usr/bin/openssl';
const whyNot = existsSync(openssl) ? undefined : 'openssl is not installed: apt-get install openssl';
if (whyNot !== undefined) process.stderr.write(`certificates are not tried: ${whyNot}\n`);

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => server.close());
  const address = server.address();
  return `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
}

/** Where a server answers with a certificate of its own that is good for so many days. */
async function serverFor(daysLeft: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bellows-certificate-'));
  closing.push(() => rm(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', `${daysLeft}`];
  await promisify(execFile)(openssl, ['req', ...made, '-keyout', key, '-out', cert]);
  return listening(createTlsServer({ key: await readFile(key), cert: await readFile(cert) }));
}

it.skipIf(whyNot)('tells when a certificate ends, though nobody here would trust it', async () => {
  const reading = await new TlsCertificate(await serverFor(3)).read();
  const left = reading.kind === 'certificate' ? reading.endsAt - Date.now() : 0;
  expect(left).toBeGreaterThan(days(2.9));
  expect(left).toBeLessThanOrEqual(days(3));
});

it('says why there is none to be seen', async () => {
  const nobody = new TlsCertificate('https://127.0.0.1:1/');
  expect(await nobody.read()).toEqual({ kind: 'unreachable', why: 'ECONNREFUSED' });
  const plain = await listening(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  expect(await new TlsCertificate(plain).read()).toMatchObject({ kind: 'unreachable' });
  const mute = await listening(createServer((socket) => void socket.on('error', () => {})));
  expect(await new TlsCertificate(mute, 100).read()).toEqual({
    kind: 'unreachable',
    why: 'it did not answer in time',
  });
});

it('knows whose it is', () => {
  expect(new TlsCertificate('https://bellows.example/x').host).toBe('bellows.example');
  expect(new TlsCertificate('https://[::1]:8443').host).toBe('::1');
});
