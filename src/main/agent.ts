// `bellows agent`: reads the configuration, starts the agent, and stops it when told to. Its VMs go on.

import { hostname } from 'node:os';
import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { PinoLog } from '../adapters/log-pino/log.ts';
import { agentSettings, allSettings } from '../adapters/system/configuration.ts';
import { readSecretText } from '../adapters/system/secret-file.ts';
import { readSettings } from '../adapters/system/setting.ts';
import { vcpusOf } from '../domain/scheduling/shape.ts';
import { Secret } from '../ports/secret.ts';
import { addInstallCommands } from './agent-install.ts';
import { monitorOf, networkOf, offerOf, ratesOf } from './agent-values.ts';
import { hostImages } from './default-image.ts';
import { rebootMachine, restartSwitch } from './restart.ts';
import { startAgent } from './start-agent.ts';
import { tellSystemdReady } from './tell-systemd.ts';
import { untilTold } from './until-told.ts';

interface Flags {
  url?: string;
  folder?: string;
  driver?: 'qemu' | 'firecracker';
  name?: string;
  network?: 'restricted' | 'open' | 'tap';
}

export function command(): Command {
  const agent = new Command('bellows agent')
    .description(
      'Run VMs on this host for a control plane. Settings come from environment variables (docs/configuration.md); an option here goes before.',
    )
    .option('--url <url>', 'where the control plane is reached')
    .option('--folder <path>', "the agent's keys, journal and VMs")
    .option('--name <name>', 'what the host is called when it enrols')
    .addOption(new Option('--driver <driver>', 'how VMs are started').choices(['qemu', 'firecracker']))
    .addOption(
      new Option(
        '--network <kind>',
        "what VMs reach: BELLOWS_GUEST_FORWARDS only; the internet and with it this host's own loopback addresses; the internet behind our firewall, which needs root",
      ).choices(['restricted', 'open', 'tap']),
    )
    .addHelpText(
      'after',
      '\nStop it with Ctrl-C or SIGTERM: running VMs go on, and the next agent takes them up.',
    )
    .enablePositionalOptions()
    .action(runHere);
  addInstallCommands(agent);
  return agent;
}

export async function main(args: readonly string[]): Promise<void> {
  await command().parseAsync(args, { from: 'user' });
}

async function runHere(flags: Flags): Promise<void> {
  const read = readSettings(agentSettings, process.env, allSettings);
  if (!read.ok) return refuse(`${read.problems.join('\n')}\nSee docs/configuration.md`);
  const { values } = read;
  const { log, own } = PinoLog.remembering(values.agentLogLevel);
  if (read.unknown.length > 0) log.warn('settings that nothing knows', { names: read.unknown });
  const network = networkOf(values, flags.network);
  if (network.kind === 'restricted' && network.forwards.length === 0)
    log.warn('VMs reach no network: jobs that talk to GitHub need `--network tap`');
  const images = hostImages();
  const restart = restartSwitch(process.env);
  try {
    const agent = await startAgent({
      url: flags.url ?? values.url,
      folder: flags.folder ?? values.agentFolder,
      name: flags.name ?? values.hostName ?? hostname(),
      enrolToken: () => readToken(values.enrolTokenFile),
      images,
      oldImages: { shelf: images, keep: values.keepImages },
      offer: offerOf(values),
      guest: {
        hosts: values.guestHosts,
        dockerMirrors: values.dockerMirrors,
        rates: ratesOf(values),
      },
      cgroup: values.cgroup,
      warm: values.warmSizes.map(({ size, count }) => ({
        vcpus: vcpusOf(size),
        milliCpus: size.milliCpus,
        memoryMib: size.memoryMib,
        diskGib: size.diskGib ?? values.defaultDiskGib,
        burstable: size.burstable,
        count,
      })),
      monitor: monitorOf(values, flags.driver),
      network,
      metrics: values.agentMetrics,
      log,
      ownLog: own,
      restart: restart.order,
      version: packageJson.version,
    });
    await tellSystemdReady();
    const how = await Promise.race([untilTold(log), restart.told]);
    await agent.stop();
    if (how?.reboot === true) await rebootMachine();
  } catch (error) {
    log.error('the agent cannot start', { error });
    refuse(error instanceof Error ? error.message : String(error));
  }
}

async function readToken(path: string | undefined): Promise<Secret> {
  if (path === undefined)
    throw new Error(
      'this host is not enrolled yet: make a token with `bellows host enrol-token`, write it into a file that only you can read, and name the file in BELLOWS_ENROL_TOKEN_FILE',
    );
  return new Secret((await readSecretText(path)).reveal().trim());
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 1;
}
