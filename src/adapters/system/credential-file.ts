// What `bellows login` keeps: one session for each control plane, in a file that only its user can read.

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Random } from '../../ports/random.ts';
import { Secret } from '../../ports/secret.ts';

type Kept = Readonly<Record<string, string>>;

/** Below `$XDG_CONFIG_HOME`, or `~/.config` (XDG base directory specification). */
export const credentialPath = (env: Readonly<Record<string, string | undefined>>, home: string): string =>
  join(
    env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(home, '.config'),
    'bellows',
    'sessions.json',
  );

export class CredentialFile {
  readonly path: string;
  readonly #random: Random;
  constructor(path: string, random: Random) {
    this.path = path;
    this.#random = random;
  }

  /** Undefined when there is none for this control plane. @throws when the file is not ours. */
  async get(url: string): Promise<Secret | undefined> {
    const session = (await this.#read())[url];
    return session === undefined ? undefined : new Secret(session);
  }

  /** Keeps it, or forgets what there was. The file is whole at every moment. */
  async set(url: string, session: Secret | undefined): Promise<void> {
    const { [url]: _, ...others } = await this.#read();
    const next: Kept = session === undefined ? others : { ...others, [url]: session.reveal() };
    if (Object.keys(next).length === 0) return rm(this.path, { force: true });
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    const aside = `${this.path}.${Buffer.from(this.#random.bytes(6)).toString('hex')}`;
    await writeFile(aside, `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(aside, this.path);
  }

  /** The parser's own error would quote the file. */
  async #read(): Promise<Kept> {
    const text = await textOf(this.path);
    if (text === undefined) return {};
    try {
      const value: unknown = JSON.parse(text);
      if (
        typeof value === 'object' &&
        value !== null &&
        Object.values(value).every((one) => typeof one === 'string')
      )
        return value as Kept;
    } catch {
      // Told below, without what it says.
    }
    throw new Error(
      `${this.path} does not hold sessions: delete it and sign in again with \`bellows login\``,
    );
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
