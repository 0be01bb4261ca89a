// Whether a guest finds names and reaches GitHub, asked of a real guest: on a host in a network namespace, behind which lies
// an internet of one server. Another firewall on that host then stops one and the other.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeNetworkHost, type NetworkHost } from '../../test/support/network-host.ts';
import { whyNoNamespaces } from '../../test/support/network-namespace.ts';
import { hasProgram } from '../../test/support/product.ts';
import { testImage } from '../../test/support/test-image.ts';
import type { Finding } from '../agent/doctor/check.ts';

const why = whyNoNamespaces() ?? (hasProgram('python3') ? undefined : 'needs python3');
const github = '140.82.112.6';
const root = join(import.meta.dirname, '../..');

describe.skipIf(why !== undefined)(`a guest, asked by the doctor${why ? ` (${why})` : ''}`, () => {
  let net: NetworkHost;
  let internet: ChildProcess;
  let folder: string;
  /** What `ip netns exec` lays over /etc. */
  let etc: string;
  beforeAll(async () => {
    await testImage();
    folder = await mkdtemp(join(tmpdir(), 'bellows-reach-'));
    net = await makeNetworkHost();
    etc = `/etc/netns/${net.host.name}`;
    await mkdir(etc, { recursive: true });
    await writeFile(join(etc, 'resolv.conf'), 'nameserver 5.9.1.1\n');
    await net.world.run('ip', ['address', 'add', `${github}/32`, 'dev', 'lo']);
    const program = join(root, 'test/support/small-internet.py');
    const args = ['netns', 'exec', net.world.name, 'python3', program, github, '443'];
    internet = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    await new Promise((resolve, reject) => {
      internet.stdout?.once('data', resolve);
      internet.once('exit', (code) => reject(new Error(`the internet ended with ${code}`)));
    });
  }, 900_000);
  afterAll(async () => {
    internet?.stdin?.end();
    await net?.network().removeAll();
    await net?.close();
    await rm(etc, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  async function doctor(): Promise<(id: string) => Pick<Finding, 'severity' | 'found'> | undefined> {
    // The agent of this host keeps them; here is none.
    await net.network({ services: [], dns: { kind: 'forwarded', resolver: '5.9.1.1' } }).mend();
    const env = { ...process.env, BELLOWS_AGENT_FOLDER: join(folder, 'agent'), BELLOWS_CGROUP: 'off' };
    const cli = join(import.meta.dirname, 'cli.ts');
    const words = [process.execPath, cli, 'doctor', '--json', '--network', 'tap'];
    const out = await new Promise<string>((resolve) => {
      execFile('ip', ['netns', 'exec', net.host.name, ...words], { env }, (_error, text) => resolve(text));
    });
    const { checks, canary } = JSON.parse(out);
    expect(canary).toMatchObject({ outcome: 'ok', reason: '' });
    return (id) => {
      const { severity, found } = checks.find((check: Finding) => check.id === id) ?? {};
      return { severity, found };
    };
  }
  /** As a firewall of somebody else would: for what is forwarded, not for the host itself. */
  const stop = (what: string) =>
    net.host.run(
      'nft',
      ['-f', '-'],
      `table inet somebody\ndelete table inet somebody\ntable inet somebody {
        chain forward { type filter hook forward priority 10; policy accept; ${what} drop; }\n}\n`,
    );

  it('finds names and reaches GitHub', { timeout: 600_000 }, async () => {
    const found = await doctor();
    for (const id of ['dns', 'github', 'guest-dns', 'guest-github'])
      expect([id, found(id)]).toEqual([
        id,
        { severity: 'ok', found: expect.stringMatching(/^api\.github\.com in \d+ ms$/) },
      ]);
  });

  it('does not reach it when another firewall is between, though its host does', {
    timeout: 600_000,
  }, async () => {
    await stop('tcp dport 443');
    const found = await doctor();
    expect(found('github')?.severity).toBe('ok');
    expect(found('guest-dns')?.severity).toBe('ok');
    expect(found('guest-github')).toEqual({
      severity: 'failure',
      found: expect.stringMatching(/^api\.github\.com: ./),
    });
  });

  it('does not find names when nobody lets its questions through', { timeout: 600_000 }, async () => {
    await stop('udp dport 53');
    const found = await doctor();
    expect(found('dns')?.severity).toBe('ok');
    for (const id of ['guest-dns', 'guest-github'])
      expect([id, found(id)]).toEqual([
        id,
        { severity: 'failure', found: expect.stringMatching(/^api\.github\.com: ./) },
      ]);
  });
});
