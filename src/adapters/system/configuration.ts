// Every setting of every program. Secrets come from files: an environment is shown by `ps` and inherited by children (I8).

import { defaultLabelPolicy, parseLabel, type SizeLabel } from '../../domain/labels/parse-label.ts';
import { defaultLimits } from '../../domain/network/policy.ts';
import { days, hours, minutes, seconds } from '../../domain/time.ts';
import { alertSettings } from './alert-settings.ts';
import { githubSettings } from './github-settings.ts';
import { agentMetricSettings, serverMetricSettings } from './metric-settings.ts';
import { dns, exceptions, range, ranges, services, users } from './network-parsers.ts';
import {
  duration,
  flag,
  forwards,
  hashes,
  hostAndPort,
  hostLines,
  integer,
  mirrors,
  names,
  number,
  oneOf,
  path,
  secret,
  text,
  url,
} from './parsers.ts';
import { optional, setting } from './setting.ts';

const address = 'http://127.0.0.1:8765';

/** For the commands that ask a control plane. */
export const clientSettings = {
  url: setting(
    'BELLOWS_URL',
    address,
    url,
    'Where the control plane is reached; for commands and for agents.',
  ),
  tokenFile: setting(
    'BELLOWS_TOKEN_FILE',
    '~/.local/share/bellows/admin-token',
    path,
    'File with a token to call with; when unset, the session of `bellows login`, and the admin token that `bellows server` makes in its data folder.',
  ),
  githubApiUrl: githubSettings.githubApiUrl,
  githubToken: optional(
    'GITHUB_TOKEN',
    secret,
    'Token of GitHub for `bellows usage --from-github` without `--token-file`.',
  ),
} as const;

export const serverSettings = {
  listen: setting(
    'BELLOWS_LISTEN',
    '127.0.0.1:8765',
    hostAndPort,
    'Where the control plane listens. TLS is for a proxy before it.',
  ),
  publicUrl: optional(
    'BELLOWS_PUBLIC_URL',
    url,
    'Where GitHub reaches it from outside; `bellows check github` compares it with the webhook.',
  ),
  trustProxy: setting(
    'BELLOWS_TRUST_PROXY',
    'false',
    flag,
    'Believe `X-Forwarded-For`. Only behind a proxy of your own.',
  ),
  dataFolder: setting(
    'BELLOWS_DATA_FOLDER',
    '~/.local/share/bellows',
    path,
    'The embedded database and the admin token that we make.',
  ),
  databaseUrl: optional(
    'DATABASE_URL',
    secret,
    'A PostgreSQL (15 or newer) of your own, instead of the embedded one.',
  ),
  adminTokenHashes: optional(
    'BELLOWS_ADMIN_TOKEN_SHA256',
    hashes,
    'SHA-256 of the admin token in hex, so that the token itself need not lie here. Several, separated by commas.',
  ),
  ...serverMetricSettings,
  ...alertSettings,
  ...githubSettings,
  labelPrefixes: setting(
    'BELLOWS_LABEL_PREFIXES',
    'bellows-',
    names,
    'What our labels begin with. Name further ones and workflows written for another service need no edit.',
  ),
  defaultDiskGib: setting(
    'BELLOWS_DEFAULT_DISK_GB',
    '20',
    integer(1, 1024),
    'Disk of a VM whose label names none, in GB.',
  ),
  image: optional(
    'BELLOWS_IMAGE',
    text,
    'Digest of the image that VMs start from; the newest that was built here when unset.',
  ),
  cpuOvercommit: setting(
    'BELLOWS_CPU_OVERCOMMIT',
    '2',
    number(1, 16),
    'Promised processors for each real one. Memory is never promised twice.',
  ),
  lifetimeMs: setting(
    'BELLOWS_JOB_LIMIT',
    '6.5h',
    duration(minutes(5), days(5)),
    'No VM lives longer, whatever runs in it.',
  ),
  bootTimeoutMs: setting(
    'BELLOWS_BOOT_TIMEOUT',
    '60s',
    duration(seconds(5), minutes(30)),
    'A VM whose guest has not answered by then has failed. Software emulation needs more.',
  ),
  idleMs: setting(
    'BELLOWS_IDLE_TIMEOUT',
    '5m',
    duration(seconds(30), hours(12)),
    'A VM that got no job by then is given back.',
  ),
  hostSilenceMs: setting(
    'BELLOWS_HOST_SILENCE',
    '45s',
    duration(seconds(15), hours(1)),
    'A host that says nothing for so long counts as silent; its VMs are kept.',
  ),
  removeHostAfterMs: setting(
    'BELLOWS_HOST_REMOVE_AFTER',
    '15m',
    duration(minutes(5), days(30)),
    'A host that was enrolled with `--auto` and says nothing for so long is removed, unless GitHub still sees life on it.',
  ),
  pollActiveMs: setting(
    'BELLOWS_POLL_ACTIVE',
    '1m',
    duration(seconds(10), hours(1)),
    'How often repositories with queued jobs are looked at, in case a webhook was lost; those where jobs only run, half as often.',
  ),
  pollLatelyMs: setting(
    'BELLOWS_POLL_LATELY',
    '3m',
    duration(seconds(30), days(1)),
    'How often repositories are that had a job within a day.',
  ),
  pollAllMs: setting(
    'BELLOWS_POLL_ALL',
    '10m',
    duration(minutes(1), days(1)),
    'How often all other repositories are.',
  ),
  idleLookMs: setting(
    'BELLOWS_IDLE_LOOK',
    '5s',
    duration(seconds(1), minutes(1)),
    'How often a process looks for work that nobody woke it for. A wake-up that is lost costs so long; many processes on one database may look more rarely.',
  ),
  lookShare: setting(
    'BELLOWS_LOOK_SHARE',
    '0.6',
    number(0.05, 0.95),
    "The part of GitHub's hourly limit that looking around may spend. What is left is for registrations and deletions; as the limit shrinks, looks become rarer.",
  ),
  keepDeliveriesMs: setting(
    'BELLOWS_KEEP_DELIVERIES',
    '14d',
    duration(days(4), days(400)),
    'How long webhook deliveries are kept. GitHub may send one again for three days, and a double is known only while it is kept.',
  ),
  keepHistoryMs: setting(
    'BELLOWS_KEEP_HISTORY',
    '400d',
    duration(days(1), days(4000)),
    'How long the history of jobs and VMs is kept.',
  ),
  logLevel: setting(
    'BELLOWS_LOG_LEVEL',
    'info',
    oneOf('debug', 'info', 'warn', 'error'),
    'What is logged, to standard error.',
  ),
} as const;

export const agentSettings = {
  url: clientSettings.url,
  agentFolder: setting(
    'BELLOWS_AGENT_FOLDER',
    '~/.local/share/bellows-agent',
    path,
    "The agent's keys, journal and VMs.",
  ),
  enrolTokenFile: optional(
    'BELLOWS_ENROL_TOKEN_FILE',
    path,
    'File with the token of `bellows host enrol-token`; needed once.',
  ),
  hostName: optional(
    'BELLOWS_HOST_NAME',
    text,
    "What the host is called; the machine's own name when unset.",
  ),
  hostLabels: setting(
    'BELLOWS_HOST_LABELS',
    '',
    names,
    'Labels of the host, such as `gpu`, for jobs that ask for them.',
  ),
  driver: setting(
    'BELLOWS_DRIVER',
    'qemu',
    oneOf('qemu', 'firecracker'),
    'What runs VMs. Firecracker needs KVM, root and `tap` as network (docs/firecracker.md).',
  ),
  firecrackerFolder: setting(
    'BELLOWS_FIRECRACKER',
    '/usr/local/bin',
    path,
    'Folder with the programs `firecracker` and `jailer`.',
  ),
  vmUsers: setting(
    'BELLOWS_VM_USERS',
    '200000-204095',
    users,
    'Users that nothing else here uses, one for each VM with a tap: what runs it runs as that user.',
  ),
  network: setting(
    'BELLOWS_NETWORK',
    'restricted',
    oneOf('restricted', 'open', 'tap'),
    "What VMs reach: `restricted` nothing but BELLOWS_GUEST_FORWARDS; `tap` the internet, behind our firewall, and needs root (docs/network.md); `open` the internet and this host's own loopback addresses, for trying it out.",
  ),
  vmPool: setting(
    'BELLOWS_VM_POOL',
    '10.200.0.0/16',
    range,
    "VMs' addresses on `tap`; no other network here may use them.",
  ),
  vmAllow: setting(
    'BELLOWS_VM_ALLOW',
    '',
    exceptions,
    'Where VMs get on `tap` though it is closed to them, as `10.1.2.3:tcp:443` or `10.0.0.0/8:tcp:8000-8999`; several, separated by commas.',
  ),
  vmDeny: setting(
    'BELLOWS_VM_DENY',
    '',
    ranges,
    'Networks closed to VMs on `tap` on top of those that always are; several, separated by commas.',
  ),
  vmServices: setting(
    'BELLOWS_VM_SERVICES',
    '',
    services,
    'What this host serves to VMs at their gateway on `tap`, as `tcp:5000`; several, separated by commas.',
  ),
  vmDns: setting(
    'BELLOWS_VM_DNS',
    'host',
    dns,
    'Who answers when VMs on `tap` ask for names: the resolver that this `host` asks, another by its address, or one that is `served` at the gateway.',
  ),
  vmConnections: setting(
    'BELLOWS_VM_CONNECTIONS',
    String(defaultLimits.maxConnections),
    integer(10, 1_000_000),
    'Connections that one VM may have at the same time on `tap`.',
  ),
  maxMilliCpus: optional('BELLOWS_HOST_CPUS', cpus, 'Processors for VMs; all when unset.'),
  maxMemoryMib: optional(
    'BELLOWS_HOST_MEMORY_MB',
    integer(256, 2 ** 31),
    'Memory for VMs in MB; all but a reserve when unset.',
  ),
  maxBooting: optional('BELLOWS_MAX_BOOTING', integer(1, 1000), 'How many VMs may boot at the same time.'),
  warmSizes: setting(
    'BELLOWS_WARM_VMS',
    '',
    warmSizes,
    'VMs to have booted before a job asks for them, by label, as `bellows-2cpu-4gb=2`; several, separated by commas. They give way to every job.',
  ),
  defaultDiskGib: serverSettings.defaultDiskGib,
  cgroup: setting(
    'BELLOWS_CGROUP',
    'bellows.slice/vms',
    cgroupPath,
    'The control group below /sys/fs/cgroup in which each VM gets one of its own; `off`: VMs are not held to their share.',
  ),
  diskMbPerSecond: optional(
    'BELLOWS_VM_DISK_MB_PER_SECOND',
    number(1, 1e6),
    'What each VM may read or write on its disks, in MB a second.',
  ),
  diskOpsPerSecond: optional(
    'BELLOWS_VM_DISK_IOPS',
    integer(10, 1e8),
    'How many reads and writes each VM may do on its disks in a second.',
  ),
  networkMbPerSecond: optional(
    'BELLOWS_VM_NETWORK_MB_PER_SECOND',
    number(0.1, 1e6),
    'What each VM may send, and receive, in MB a second; on a `tap` network.',
  ),
  guestForwards: setting(
    'BELLOWS_GUEST_FORWARDS',
    '',
    forwards,
    'What VMs reach of this host, on every `--network`, as `10.0.2.100:80=127.0.0.1:8080`: an address of their own network leads to one of the host. Several, separated by commas.',
  ),
  guestHosts: setting(
    'BELLOWS_GUEST_HOSTS',
    '',
    hostLines,
    'Names that VMs know, as `mirror.internal=10.0.2.100`; several, separated by commas.',
  ),
  dockerMirrors: setting(
    'BELLOWS_DOCKER_MIRRORS',
    '',
    mirrors,
    'What Docker in VMs asks before Docker Hub, as `http://10.200.0.1:5000`; several, separated by commas (docs/installation.md, a mirror).',
  ),
  keepImages: setting(
    'BELLOWS_KEEP_IMAGES',
    '1',
    integer(0, 1_000_000),
    'How many images older than the one that new VMs are given stay here, to go back to. One that some VM uses always stays.',
  ),
  ...agentMetricSettings,
  agentLogLevel: serverSettings.logLevel,
} as const;

/** For the image build. */
export const imageSettings = {
  runnerDist: optional(
    'BELLOWS_RUNNER_DIST',
    path,
    'Archive of `actions/runner` (.tar.gz) that goes into the image, in place of our simulated one.',
  ),
} as const;

export const allSettings = [clientSettings, serverSettings, agentSettings, imageSettings] as const;

function warmSizes(value: string): { size: SizeLabel; count: number }[] {
  return names(value).map((entry) => {
    const [label = '', count = ''] = entry.split('=');
    const parsed = parseLabel(label.trim().toLowerCase(), defaultLabelPolicy);
    if (parsed.kind !== 'size')
      throw new Error(parsed.kind === 'refused' ? parsed.reason : `"${label}" is no label of ours`);
    return { size: parsed.size, count: integer(1, 100)(count) };
  });
}

function cgroupPath(value: string): string | undefined {
  if (value === 'off') return undefined;
  if (/^[\w@.-]+(\/[\w@.-]+)*$/.test(value) && !value.split('/').includes('..')) return value;
  throw new Error(`"${value}" is no path such as bellows.slice/vms`);
}

function cpus(value: string): number {
  return number(0.1, 4096)(value) * 1000;
}
