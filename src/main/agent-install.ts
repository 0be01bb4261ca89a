// `bellows agent install` and `bellows agent uninstall`: make this host a server for VMs, and an ordinary one again.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { FetchApiClient } from '../adapters/api-client/fetch-api-client.ts';
import { linuxProcessTable } from '../adapters/linux/process-table.ts';
import { linuxSetup } from '../adapters/linux-setup/linux-setup.ts';
import { PinoLog } from '../adapters/log-pino/log.ts';
import { openHostIdentity } from '../adapters/sealer-jose/host-identity.ts';
import { SystemClock } from '../adapters/system/clock.ts';
import { names, url } from '../adapters/system/parsers.ts';
import { readSecretText } from '../adapters/system/secret-file.ts';
import { install } from '../agent/install/install.ts';
import { type DriverName, drivers, type NetworkName, networks } from '../agent/install/packages.ts';
import { places } from '../agent/install/places.ts';
import { uninstall } from '../agent/install/uninstall.ts';
import type { ArchiveSource, FirecrackerSource } from '../ports/host-setup.ts';
import { Secret } from '../ports/secret.ts';
import { manifestName } from '../wire/agent-archive.ts';
import { ApiUnreachableError } from '../wire/api/endpoints.ts';
import { enrolNow, rememberedHost } from './enrolled-host.ts';

interface InstallFlags {
  server?: string;
  token?: string;
  tokenFile?: string;
  labels?: string;
  name?: string;
  disk?: string;
  driver?: DriverName;
  network?: NetworkName;
  firecracker?: string;
  offline?: string;
  downloads?: string;
  force?: boolean;
  json?: boolean;
}

type Outcome = { ok: true; text: string; json: object } | { ok: false; problems: readonly string[] };

export function addInstallCommands(agent: Command): void {
  agent
    .command('install')
    .description(
      'Make this Debian or Ubuntu host run the agent as a service; again to upgrade, change or repair it',
    )
    .addOption(new Option('--server <url>', 'where the control plane is reached').argParser(parsedBy(url)))
    .option('--token-file <path>', 'file with the token of `bellows host enrol-token`; `-` is standard input')
    .option('--token <token>', 'the token itself; every user of this host can read it while the command runs')
    .addOption(
      new Option('--labels <names>', 'labels of the host, such as gpu, separated by commas').argParser(
        parsedBy((text) => names(text).join(',')),
      ),
    )
    .option('--name <name>', "what the host is called; the machine's own name when left out")
    .option('--disk <device>', `an empty disk for ${places.state}: gets an ext4 file system with quotas`)
    .addOption(new Option('--driver <driver>', 'how VMs are started').choices(drivers))
    .addOption(
      new Option('--network <kind>', 'what VMs reach; `tap` when left out the first time').choices(networks),
    )
    .option(
      '--firecracker <archive>',
      "the archive (.tgz) of Firecracker's project, as a file or an address, with its .sha256.txt beside it",
    )
    .option(
      '--offline <archive>',
      "the agent's archive (.tar.gz); without it, the one that this program was unpacked from",
    )
    .addOption(
      new Option(
        '--downloads <url>',
        'a folder on a web server with the archive and its checksums',
      ).argParser(parsedBy(url)),
    )
    .option('--force', 'use the disk though there is data on it, which is lost')
    .option('--json', 'print one JSON object as the last line')
    .action((flags: InstallFlags) => tell(() => runInstall(flags), flags.json === true));
  agent
    .command('uninstall')
    .description('Remove the service and all that it made on this host')
    .option('--force', 'end VMs that run, jobs and all')
    .option('--json', 'print one JSON object as the last line')
    .action((flags: { force?: boolean; json?: boolean }) =>
      tell(() => runUninstall(flags), flags.json === true),
    );
}

async function runInstall(flags: InstallFlags): Promise<Outcome> {
  if (flags.token !== undefined)
    say(
      'Warning: a token among the arguments can be read by every user of this host; --token-file keeps it to you.',
    );
  const source = sourceOf(flags);
  if (source === undefined) return { ok: false, problems: [noSource] };
  const token = await tokenFrom(flags);
  const clock = new SystemClock();
  const outcome = await install(
    {
      ...(flags.server !== undefined && { server: flags.server }),
      ...(flags.labels !== undefined && { labels: flags.labels }),
      ...(flags.name !== undefined && { name: flags.name }),
      ...(flags.driver !== undefined && { driver: flags.driver }),
      ...(flags.network !== undefined && { network: flags.network }),
      ...(flags.firecracker !== undefined && { firecracker: firecrackerSource(flags.firecracker) }),
      ...(flags.disk !== undefined && { disk: flags.disk }),
      force: flags.force === true,
      hasToken: token !== undefined,
      source,
    },
    {
      setup: hostSetup(),
      newUuid: randomUUID,
      demandServer,
      isEnrolled: async (server) => (await rememberedHost(places.agentFolder))?.url === server,
      enrol: async (server, name) => {
        if (token === undefined) throw new Error('bug: enrolled without a token');
        await mkdir(places.agentFolder, { recursive: true, mode: 0o700 });
        const identity = await openHostIdentity(join(places.agentFolder, 'keys.json'), clock);
        const enrolment = { url: server, folder: places.agentFolder, name: name ?? hostname() };
        await enrolNow({ ...enrolment, enrolToken: async () => token, log: PinoLog.to('warn') }, identity);
      },
      say,
    },
  );
  if (!outcome.ok) return outcome;
  const { version, changes } = outcome;
  const done = changes.length === 0 ? 'Nothing to change' : 'The agent runs';
  return {
    ok: true,
    json: { version, changes },
    text: `${done}: version ${version}. \`systemctl status bellows-agent\`, \`bellows doctor\``,
  };
}

async function runUninstall(flags: { force?: boolean }): Promise<Outcome> {
  const outcome = await uninstall({ force: flags.force === true }, { setup: hostSetup(), say });
  if (!outcome.ok) return outcome;
  const { removed, kept } = outcome;
  return {
    ok: true,
    json: { removed, kept },
    text: ['Nothing of the agent is left but:', ...kept].join('\n  '),
  };
}

const hostSetup = () =>
  linuxSetup({
    versions: places.versions,
    firecracker: places.firecracker,
    processes: linuxProcessTable(),
    onLine: (line) => say(`  ${line}`),
  });

/** Without any wish the archive that this program was unpacked from. Undefined in a checkout or in npm's package: there is none. */
function sourceOf({ offline, downloads }: InstallFlags): ArchiveSource | undefined {
  if (offline !== undefined) return { kind: 'archive', path: resolve(offline) };
  if (downloads !== undefined) return { kind: 'downloads', url: downloads };
  const own = dirname(import.meta.dirname);
  return existsSync(join(own, manifestName)) ? { kind: 'folder', path: own } : undefined;
}

const noSource =
  "this `bellows` is not the one of an agent's archive: make one with `npm run build -- --agent`, unpack it on this host and start its bin/bellows, or name it with --offline or --downloads";

const firecrackerSource = (text: string): FirecrackerSource =>
  /^https?:\/\//.test(text) ? { kind: 'downloads', url: text } : { kind: 'archive', path: resolve(text) };

async function tokenFrom({ token, tokenFile }: InstallFlags): Promise<Secret | undefined> {
  if (token !== undefined) return new Secret(token.trim());
  if (tokenFile === undefined) return undefined;
  const text = await readSecretText(tokenFile === '-' ? '/dev/stdin' : tokenFile);
  return new Secret(text.reveal().trim());
}

async function demandServer(server: string): Promise<void> {
  const noToken = () => Promise.reject(new Error('bug: no admin here'));
  const answer = await new FetchApiClient({ url: server, token: noToken, timeoutMs: 30_000 })
    .call('health')
    .catch((cause: unknown) => {
      if (!(cause instanceof ApiUnreachableError)) throw cause;
      throw new Error(
        `the control plane at ${server} cannot be reached from here (${cause.why}): is the address right, and open?`,
        { cause },
      );
    });
  if (!answer.ok) throw new Error(`the control plane at ${server} is not well: ${answer.problem.detail}`);
}

function parsedBy(parse: (text: string) => string): (text: string) => string {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : 'wrong');
    }
  };
}

/** To standard error: the last line of standard output is for programs. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function tell(work: () => Promise<Outcome>, json: boolean): Promise<void> {
  const outcome = await work().catch((error: unknown): Outcome => {
    if (!(error instanceof Error) || error.message.startsWith('bug:')) throw error;
    return { ok: false, problems: [error.message] };
  });
  if (!outcome.ok) process.exitCode = 1;
  if (json) {
    const rest = outcome.ok ? outcome.json : { problems: outcome.problems };
    process.stdout.write(`${JSON.stringify({ ok: outcome.ok, ...rest })}\n`);
  } else if (outcome.ok) process.stdout.write(`${outcome.text}\n`);
  else say(outcome.problems.join('\n'));
}
