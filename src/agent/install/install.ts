// `bellows agent install`: looks, refuses while nothing has been changed, then changes what is not yet as it should be. A run
// that was cut short is finished by the next; on a host where all is well, nothing happens.

import type {
  ArchiveSource,
  FirecrackerSource,
  HostSetup,
  SetupFile,
  UnpackedArchive,
} from '../../ports/host-setup.ts';
import { type InstallRecord, installRecord } from '../../wire/agent-archive.ts';
import { type Environment, parseEnvironment, printEnvironment } from './environment.ts';
import { hostProblems, judgeDisk } from './judge-host.ts';
import { type DriverName, drivers, type NetworkName, packagesFor } from './packages.ts';
import { currentLink, firecrackerFolder, launcher, places, vmsControlGroup } from './places.ts';
import { type MountSettings, unitFiles, units } from './unit-files.ts';

export interface InstallRequest {
  /** What was asked for; what was not keeps the value of an earlier run. */
  server?: string;
  labels?: string;
  name?: string;
  driver?: DriverName;
  network?: NetworkName;
  /** Where Firecracker comes from; from its project when left out. */
  firecracker?: FirecrackerSource;
  disk?: string;
  force: boolean;
  /** Whether a token was given. */
  hasToken: boolean;
  source: ArchiveSource;
}

export interface InstallDeps {
  setup: HostSetup;
  /** A fresh UUID for a file system. */
  newUuid(): string;
  /** @throws with what to do when nobody answers there, or somebody else. */
  demandServer(url: string): Promise<void>;
  /** Whether this host is enrolled with that control plane. */
  isEnrolled(url: string): Promise<boolean>;
  /** Spends the token. @throws with the control plane's own words. */
  enrol(url: string, name: string | undefined): Promise<void>;
  /** For the person who waits. */
  say(line: string): void;
}

export type InstallOutcome =
  | { ok: true; version: string; changes: readonly string[] }
  | { ok: false; problems: readonly string[] };

/** @throws SetupError when an act fails; the next run goes on from there. */
export async function install(request: InstallRequest, deps: InstallDeps): Promise<InstallOutcome> {
  const { setup, say } = deps;
  const facts = await setup.facts();
  const problems = hostProblems(facts);
  if (problems.length > 0) return { ok: false, problems };
  const plan = await planFor(request, facts.arch === 'arm64' ? 'arm64' : 'x64', deps);
  if (!plan.ok) return plan;
  if (plan.before?.state === 'installing') say('An earlier run was cut short: this one finishes it.');

  const archive = await setup.unpack(request.source);
  if (archive.arch !== facts.arch) {
    await setup.remove(archive.folder);
    return { ok: false, problems: [`the archive is for ${archive.arch}, this host is ${facts.arch}`] };
  }
  const changes: string[] = [];
  const note = (what: string): void => {
    say(what);
    changes.push(what);
  };
  const record = await begin(plan, archive, setup);
  await addPackages(plan, setup, note);
  const disk = await provideDisk(plan, record, setup, note);
  const changed = [
    await addFirecracker(plan, setup, note),
    await place(plan, archive, disk, setup, note),
  ].includes(true);
  await provideIdentity(plan, request, deps, note);
  // A run that was cut short may have changed all, and restarted nothing.
  await start(changed || plan.before?.state === 'installing', deps, note);
  await writeRecord({ ...record, state: 'installed' }, setup);
  return { ok: true, version: archive.version, changes };
}

interface Plan {
  ok: true;
  before: InstallRecord | undefined;
  environment: Environment;
  url: string;
  packages: readonly string[];
  /** Undefined when the agent needs none, or one that the operator sees to. */
  firecracker: { source: FirecrackerSource | undefined } | undefined;
  /** `uuid` is that of the file system that is there, or will be. */
  disk: { device: string; uuid: string; format: boolean } | undefined;
}

/** Nothing is changed here. */
async function planFor(
  request: InstallRequest,
  arch: 'x64' | 'arm64',
  deps: InstallDeps,
): Promise<Plan | { ok: false; problems: string[] }> {
  const { setup } = deps;
  const problems: string[] = [];
  const before = parseRecord(await setup.read(places.record));
  const environment = wantedEnvironment(
    request,
    parseEnvironment((await setup.read(places.environment)) ?? ''),
  );
  const url = environment.get('BELLOWS_URL');
  if (url === undefined) problems.push('where is the control plane? Give --server https://…');
  else if (!(await deps.isEnrolled(url)) && !request.hasToken)
    problems.push(
      'this host is not enrolled: make a token with `bellows host enrol-token` and give --token-file FILE',
    );
  const disk = await diskFor(request, before, deps);
  if (typeof disk === 'string') problems.push(disk);
  const driver = drivers.find((name) => name === environment.get('BELLOWS_DRIVER')) ?? 'qemu';
  if (driver === 'firecracker' && environment.get('BELLOWS_NETWORK') !== 'tap')
    problems.push('Firecracker has no network but taps: give --network tap (docs/network.md)');
  if (problems.length === 0 && url !== undefined) await deps.demandServer(url);
  if (problems.length > 0 || url === undefined || typeof disk === 'string') return { ok: false, problems };
  const isOurs = driver === 'firecracker' && environment.get('BELLOWS_FIRECRACKER') === places.firecracker;
  const firecracker = isOurs ? { source: request.firecracker } : undefined;
  return {
    ok: true,
    before,
    environment,
    url,
    packages: packagesFor(driver, arch, disk !== undefined),
    firecracker,
    disk,
  };
}

async function diskFor(
  { disk: device, force }: InstallRequest,
  before: InstallRecord | undefined,
  { setup, newUuid }: InstallDeps,
): Promise<Plan['disk'] | string> {
  if (device === undefined) return before?.disk && { ...before.disk, format: false };
  const stateIsEmpty = (await setup.isMountPoint(places.state)) || (await setup.isEmpty(places.state));
  const found = await setup.disk(device);
  const verdict = judgeDisk({ device, found, ours: before?.disk?.uuid, force, stateIsEmpty });
  if (verdict.do === 'refuse') return verdict.why;
  if (verdict.do === 'keep') return before?.disk && { ...before.disk, format: false };
  return { device: found?.device ?? device, uuid: newUuid(), format: true };
}

/** Asked for now, else as it was, else a default. */
function wantedEnvironment(
  { server, labels, name, driver, network, firecracker }: InstallRequest,
  before: Environment,
): Environment {
  const defaults = {
    BELLOWS_DRIVER: 'qemu',
    BELLOWS_FIRECRACKER: places.firecracker,
    // What a job needs. Where an earlier installation did without, an upgrade does not open anything.
    ...(before.size === 0 && { BELLOWS_NETWORK: 'tap' }),
  };
  const asked = {
    ...(server !== undefined && { BELLOWS_URL: server }),
    ...(labels !== undefined && { BELLOWS_HOST_LABELS: labels }),
    ...(name !== undefined && { BELLOWS_HOST_NAME: name }),
    ...(driver !== undefined && { BELLOWS_DRIVER: driver }),
    ...(network !== undefined && { BELLOWS_NETWORK: network }),
    ...(firecracker !== undefined && { BELLOWS_FIRECRACKER: places.firecracker }),
    BELLOWS_AGENT_FOLDER: places.agentFolder,
    BELLOWS_CGROUP: vmsControlGroup,
    XDG_CACHE_HOME: places.cache,
  };
  return new Map([...Object.entries(defaults), ...before, ...Object.entries(asked)]);
}

async function begin(plan: Plan, archive: UnpackedArchive, setup: HostSetup): Promise<InstallRecord> {
  const missing = await setup.missingPackages(plan.packages);
  const record: InstallRecord = {
    format: 1,
    state: 'installing',
    version: archive.version,
    packages: [...new Set([...(plan.before?.packages ?? []), ...missing])].sort(),
    ...(plan.disk !== undefined && { disk: { device: plan.disk.device, uuid: plan.disk.uuid } }),
  };
  await setup.makeFolder(places.config, 0o755);
  await writeRecord(record, setup);
  return record;
}

async function addPackages(plan: Plan, setup: HostSetup, note: (what: string) => void): Promise<void> {
  const missing = await setup.missingPackages(plan.packages);
  if (missing.length === 0) return;
  note(`Installing Debian packages: ${missing.join(', ')}`);
  await setup.installPackages(missing);
}

async function addFirecracker(
  { firecracker }: Plan,
  setup: HostSetup,
  note: (what: string) => void,
): Promise<boolean> {
  if (firecracker === undefined) return false;
  const { version, placed } = await setup.placeFirecracker(firecracker.source);
  if (placed) note(`Placed Firecracker ${version} and its jailer in ${places.firecracker}`);
  return placed;
}

async function provideDisk(
  { disk }: Plan,
  record: InstallRecord,
  setup: HostSetup,
  note: (what: string) => void,
): Promise<MountSettings | undefined> {
  if (disk === undefined || record.disk === undefined) return undefined;
  if (disk.format) {
    note(`Making an ext4 file system on ${disk.device}`);
    await setup.makeFileSystem({ ...record.disk, label: 'bellows' });
  }
  const quotas = await setup.takesQuotas(disk.uuid);
  if (!quotas && disk.format) note('The kernel has no quotas for ext4: mounted without');
  return { uuid: disk.uuid, quotas };
}

/** Whether anything is another than before. */
async function place(
  plan: Plan,
  archive: UnpackedArchive,
  disk: MountSettings | undefined,
  setup: HostSetup,
  note: (what: string) => void,
): Promise<boolean> {
  const old = await setup.currentVersion();
  const placed = await setup.placeVersion(archive);
  if (placed) note(`Placed version ${archive.version} in ${places.versions}`);
  const files: SetupFile[] = [
    ...unitFiles(disk),
    { path: places.environment, text: printEnvironment(plan.environment), mode: 0o600 },
  ];
  const written: string[] = [];
  for (const file of files) if (await setup.write(file)) written.push(file.path);
  if (written.length > 0) note(`Wrote ${written.join(', ')}`);
  await setup.systemctl('daemon-reload');
  if (disk !== undefined) await setup.systemctl('enable', '--now', units.mount);
  for (const folder of [places.state, places.agentFolder, places.cache])
    await setup.makeFolder(folder, 0o700);
  const linked = [
    await setup.link(currentLink, archive.version),
    await setup.link(places.command, `${currentLink}/${launcher}`),
  ].includes(true);
  await setup.keepVersions([archive.version, firecrackerFolder, ...(old === undefined ? [] : [old])]);
  return placed || linked || written.length > 0;
}

async function provideIdentity(
  { url, environment }: Plan,
  { hasToken }: InstallRequest,
  deps: InstallDeps,
  note: (what: string) => void,
): Promise<void> {
  const enrolled = await deps.isEnrolled(url);
  if (!hasToken && enrolled) return;
  await deps.enrol(url, environment.get('BELLOWS_HOST_NAME'));
  if (!enrolled) note(`Enrolled with ${url}`);
}

async function start(changed: boolean, { setup }: InstallDeps, note: (what: string) => void): Promise<void> {
  await setup.systemctl('enable', '--quiet', units.agent);
  const isRunning = (await setup.service(units.agent)).state === 'active';
  if (isRunning && !changed) return;
  note(isRunning ? 'Restarting the service; VMs go on' : 'Starting the service');
  // Waits until the agent says that it is up.
  const refusal = await setup.systemctl('restart', units.agent).catch((error: unknown) => error);
  const { state, words } = await setup.service(units.agent);
  if (state === 'active') return;
  throw new Error(
    `${units.agent} does not come up (${state}). It said last:\n${words}\nMore: journalctl -u ${units.agent}`,
    { cause: refusal },
  );
}

/** Undefined when there is none, or one that cannot be read: then all is looked at anew. */
export function parseRecord(text: string | undefined): InstallRecord | undefined {
  if (text === undefined) return undefined;
  const json = ((): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      // Cut short while it was written.
      return undefined;
    }
  })();
  return installRecord.safeParse(json).data;
}

async function writeRecord(record: InstallRecord, setup: HostSetup): Promise<void> {
  await setup.write({ path: places.record, text: `${JSON.stringify(record, undefined, 2)}\n`, mode: 0o644 });
}
