import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../ports/secret.ts';
import { CredentialFile, credentialPath } from './credential-file.ts';
import { SystemRandom } from './random.ts';

let folder: string;
let file: CredentialFile;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bellows-sessions-'));
  file = new CredentialFile(join(folder, 'bellows', 'sessions.json'), new SystemRandom());
});
afterEach(() => rm(folder, { recursive: true }));

describe('the sessions of the command line', () => {
  it('are kept for each control plane, where only their user reads them', async () => {
    expect(await file.get('http://a')).toBeUndefined();
    await file.set('http://a', new Secret('one'));
    await file.set('http://b', new Secret('two'));
    expect([(await file.get('http://a'))?.reveal(), (await file.get('http://b'))?.reveal()]).toEqual([
      'one',
      'two',
    ]);
    expect((await stat(file.path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'bellows'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'bellows'))).toEqual(['sessions.json']);
  });

  it('are forgotten one by one, and the file with the last', async () => {
    await file.set('http://a', new Secret('one'));
    await file.set('http://b', new Secret('two'));
    await file.set('http://a', undefined);
    expect(await file.get('http://a')).toBeUndefined();
    expect(await readFile(file.path, 'utf8')).not.toContain('one');
    await file.set('http://b', undefined);
    expect(await readdir(join(folder, 'bellows'))).toEqual([]);
  });

  it.each(['{"http://a": 1}', '["s3cret"', 's3cret'])(
    'are not read from a file that holds %s',
    async (text) => {
      await file.set('http://a', new Secret('x'));
      await writeFile(file.path, text);
      await expect(file.get('http://a')).rejects.toThrow('delete it and sign in again');
      await file.get('http://a').catch((error: unknown) => expect(String(error)).not.toContain('s3cret'));
    },
  );

  it.each([
    [{}, '/home/ada/.config/bellows/sessions.json'],
    [{ XDG_CONFIG_HOME: '/x' }, '/x/bellows/sessions.json'],
    [{ XDG_CONFIG_HOME: 'relative' }, '/home/ada/.config/bellows/sessions.json'],
  ])('lie with %o in %s', (env, path) => {
    expect(credentialPath(env, '/home/ada')).toBe(path);
  });
});
