import { access, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Random } from '../../ports/random.ts';
import { Secret } from '../../ports/secret.ts';

/**
 * The lines of a file, each a secret; empty ones are passed over.
 * @throws when it cannot be read or holds nothing; what it holds is in no error.
 */
export async function readSecrets(path: string): Promise<readonly Secret[]> {
  const lines = (await readText(path)).split('\n').map((line) => line.trim());
  const secrets = lines.filter((line) => line !== '').map((line) => new Secret(line));
  if (secrets.length === 0) throw new Error(`${path} holds no secret`);
  return secrets;
}

/** The file as one secret: for keys in PEM. */
export async function readSecretText(path: string): Promise<Secret> {
  return new Secret(await readText(path));
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = String(codeOf(cause));
    throw new Error(unreadable[code]?.(path) ?? `cannot read ${path} (${code})`, { cause });
  }
}

const unreadable: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `there is no file ${path}`,
  EACCES: (path) => `cannot read ${path}: it, or a folder above it, is closed to this user`,
  EISDIR: (path) => `cannot read ${path}: it is a folder`,
};

/**
 * The token in `path`; a new one, written there with mode 0600, when there is no such file. Two processes that start at once
 * agree on one, and a reader never sees half of it: the file is made aside and linked to its name, which only one can.
 */
export async function readOrMakeToken(path: string, prefix: string, random: Random): Promise<Secret> {
  // Open to pass through, not to look into: started by root, the embedded PostgreSQL has its data below, as a user of its own.
  await mkdir(dirname(path), { recursive: true, mode: 0o711 });
  if (!(await exists(path))) {
    const aside = `${path}.${Buffer.from(random.bytes(6)).toString('hex')}`;
    const token = `${prefix}${Buffer.from(random.bytes(32)).toString('base64url')}`;
    await writeFile(aside, `${token}\n`, { mode: 0o600, flag: 'wx' });
    try {
      await link(aside, path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    } finally {
      await rm(aside);
    }
  }
  const [token] = await readSecrets(path);
  if (token === undefined) throw new Error(`bug: ${path} was read without a secret`);
  return token;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
