import { readdir, readFile } from 'node:fs/promises';

/**
 * Those of the folders from which a process of this host was started, by its command line (proc(5), /proc/pid/cmdline). VMs of
 * other agents, of which the caller knows nothing, are among them.
 */
export async function inUse(folders: readonly string[]): Promise<ReadonlySet<string>> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  // A process ends while one looks; elsewhere than on Linux there are none to be seen.
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return new Set(folders.filter((folder) => commands.some((command) => command.includes(`${folder}/`))));
}
