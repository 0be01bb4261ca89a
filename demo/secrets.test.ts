import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { embedded, startTestServer } from '../test/support/postgres-servers.ts';
import { findSecrets } from './secrets.ts';

const secret = Buffer.from('a JIT configuration is a private key and more than that').toString('base64');
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'bellows-secrets-'));
  undo.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

describe('a secret is found', () => {
  test('nowhere, when it is nowhere', async () => {
    const here = await folder();
    await writeFile(join(here, 'log'), 'registered a runner\n');
    expect(await findSecrets([secret], [here], [])).toEqual([]);
  });

  test('in a file, across a border of what is read at once', async () => {
    const here = await folder();
    await writeFile(join(here, 'log'), `${'x'.repeat(65_536 - 512 - 20)}${secret}\n`);
    expect(await findSecrets([secret], [here], [])).toEqual([`secret 1 in a file below ${here}`]);
  });

  test('deep in a sparse disk', async () => {
    const here = await folder();
    const disk = join(here, 'scratch.ext4');
    await writeFile(disk, '');
    await truncate(disk, 20 * 1024 ** 3);
    execFileSync('dd', [`of=${disk}`, 'bs=1', 'seek=19G', 'conv=notrunc'], { input: secret, stdio: 'pipe' });
    expect(await findSecrets([secret], [here], [])).toHaveLength(1);
  });

  test('in the environment and the arguments of a process', async () => {
    const program = ['-e', 'setInterval(() => {}, 1000)', secret];
    const child = spawn(process.execPath, program, { stdio: 'ignore', env: { JIT: secret } });
    undo.push(() => child.kill('SIGKILL'));
    await new Promise((resolve) => child.once('spawn', resolve));
    const places = await findSecrets([secret], [], []);
    expect(places).toContain(`secret 1 in the cmdline of process ${child.pid}`);
    expect(places).toContain(`secret 1 in the environ of process ${child.pid}`);
  });

  test('in a row of a database, whose files do not show it', async () => {
    const server = await startTestServer(embedded);
    undo.push(() => server.stop());
    await server.query('create table said (doc jsonb, body bytea)');
    expect(await findSecrets([secret], [], [server.folder])).toEqual([]);
    // Between texts that are alike, PostgreSQL packs what it stores.
    const doc = {
      before: 'the same again, '.repeat(400),
      jit: secret,
      after: 'the same again, '.repeat(400),
    };
    await server.query(`insert into said values ('${JSON.stringify(doc)}', null)`);
    expect(await findSecrets([secret], [], [server.folder])).toEqual(['secret 1 in the table said']);
    await server.query('checkpoint');
    expect(await findSecrets([secret], [server.folder], [])).toEqual([]);
    const bytes = Buffer.from(`bytes ${secret}`).toString('hex');
    await server.query(`delete from said; insert into said values (null, '\\x${bytes}')`);
    expect(await findSecrets([secret], [], [server.folder])).toEqual(['secret 1 in the table said']);
  });

  test('by nobody who cannot look: a folder or a database that is not there is an error', async () => {
    const here = await folder();
    await expect(findSecrets([secret], [join(here, 'gone')], [])).rejects.toThrow('ENOENT');
    await expect(findSecrets([secret], [], [here])).rejects.toThrow('postmaster.pid');
  });
});
