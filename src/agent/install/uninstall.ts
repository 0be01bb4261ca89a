// `bellows agent uninstall`: takes back what `install` and the agent did to the host, and nothing else. It may be done again
// after it was cut short: each act begins by looking.

import type { HostSetup } from '../../ports/host-setup.ts';
import { parseRecord } from './install.ts';
import { places } from './places.ts';
import { unitFiles, units } from './unit-files.ts';

export interface UninstallDeps {
  setup: HostSetup;
  say(line: string): void;
}

export type UninstallOutcome =
  | { ok: true; removed: readonly string[]; kept: readonly string[] }
  | { ok: false; problems: readonly string[] };

/** @param force ends running VMs, jobs and all. @throws SetupError when an act fails. */
export async function uninstall(
  { force }: { force: boolean },
  deps: UninstallDeps,
): Promise<UninstallOutcome> {
  const { setup, say } = deps;
  const facts = await setup.facts();
  if (!facts.isRoot) return { ok: false, problems: ['this must run as root: put sudo before it'] };
  const record = parseRecord(await setup.read(places.record));
  const running = await setup.runningVms();
  if (running.length > 0 && !force)
    return {
      ok: false,
      problems: [
        `${running.length} VMs run here (${running.slice(0, 5).join(', ')}): \`bellows host drain HOST --wait\` lets their jobs end; --force ends them now`,
      ],
    };
  const removed: string[] = [];
  const note = (what: string): void => {
    say(what);
    removed.push(what);
  };
  if (facts.systemd) await stopUnits([units.agent], setup, note);
  const ended = await setup.runningVms();
  if (ended.length > 0) note(`Ending ${ended.length} VMs`);
  await setup.killVms();
  for (const trace of await setup.removeVmTraces()) note(`Removed ${trace}`);
  if (facts.systemd) await stopUnits([units.vms, units.slice, units.mount], setup, note);
  if (record?.disk !== undefined) {
    note(`Wiping the file system on ${record.disk.device}`);
    await setup.blankDisk(record.disk.uuid);
  }
  const files = unitFiles({ uuid: '', quotas: false }).map(({ path }) => path);
  const overrides = files.map((path) => `${path}.d`);
  for (const path of [...files, ...overrides, places.state, places.versions, places.command, places.config])
    await setup.remove(path);
  note(`Removed ${places.state}, ${places.versions}, ${places.command}, ${places.config} and the units`);
  if (facts.systemd) await setup.systemctl('daemon-reload');
  return { ok: true, removed, kept: keptBehind(record?.packages ?? []) };
}

async function stopUnits(
  names: readonly string[],
  setup: HostSetup,
  note: (what: string) => void,
): Promise<void> {
  for (const name of names) {
    if ((await setup.read(`${places.units}/${name}`)) === undefined) continue;
    note(`Stopping ${name}`);
    await setup.systemctl('disable', '--now', '--quiet', name);
    // One that failed is remembered, also without its file, until somebody says that it was seen.
    if ((await setup.service(name)).state === 'failed') await setup.systemctl('reset-failed', name);
  }
}

function keptBehind(packages: readonly string[]): string[] {
  const names = packages.join(' ');
  return [
    ...(packages.length === 0
      ? []
      : [
          `Debian packages that came with it: remove them with apt-get remove ${names}, if nothing else needs them`,
        ]),
    'net.ipv4.ip_forward, if the agent switched it on: until the next boot',
    "the host's row in the control plane: `bellows hosts` shows it as silent",
  ];
}
