import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { VmStartError } from '../../ports/vm-driver.ts';
import { isOlder, oldestVersion, type Version, versionIn } from './version.ts';

const execute = promisify(execFile);

export interface Program {
  /** With no link in it. */
  path: string;
  /** What the jailer calls its folders by. */
  name: string;
  version: Version;
}

/** The Firecracker program, asked for its version once for each file that ever stood there. */
export class ProgramVersions {
  readonly #known = new Map<string, Version>();

  /** @throws VmStartError when it cannot be run, or is too old. */
  async look(path: string): Promise<Program> {
    try {
      const real = await realpath(path);
      const { dev, ino, size, mtimeMs } = await stat(real);
      const file = [dev, ino, size, mtimeMs].join(' ');
      const version = this.#known.get(file) ?? (await askVersion(real));
      this.#known.set(file, version);
      return { path: real, name: basename(real), version };
    } catch (cause) {
      if (cause instanceof VmStartError) throw cause;
      throw new VmStartError(`cannot run Firecracker at ${path}: install it there, or say where it is`, {
        cause,
      });
    }
  }
}

async function askVersion(path: string): Promise<Version> {
  // Nothing of the agent's own environment: it may hold secrets (I8).
  const { stdout } = await execute(path, ['--version'], { timeout: 10_000, env: {}, cwd: '/' });
  const [line = ''] = stdout.split('\n');
  return demandVersion(line, `${path} --version`);
}

/** @throws VmStartError */
export function demandVersion(text: string, source: string): Version {
  const version = versionIn(text);
  if (version === undefined) throw new VmStartError(`${source} says no version: ${text.slice(0, 100)}`);
  if (isOlder(version, oldestVersion))
    throw new VmStartError(
      `Firecracker ${version.join('.')} is too old: Bellows needs ${oldestVersion.join('.')} or newer`,
    );
  return version;
}
