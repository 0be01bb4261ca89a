// `bellows doctor`: looks at this host, says what is wrong with it and what mends that.

import { join } from 'node:path';
import { Command, Option } from 'commander';
import { PinoLog } from '../adapters/log-pino/log.ts';
import { agentSettings, allSettings } from '../adapters/system/configuration.ts';
import { readSettings } from '../adapters/system/setting.ts';
import { reportText } from '../agent/doctor/report-text.ts';
import { silentLog } from '../ports/log.ts';
import { monitorOf, networkOf, offerOf, ratesOf } from './agent-values.ts';
import { cacheFolder, hostImages } from './default-image.ts';
import { type Examination, examineHost } from './examine-host.ts';

interface Flags {
  url?: string;
  folder?: string;
  network?: 'restricted' | 'open' | 'tap';
  canary: boolean;
  verbose?: boolean;
  json?: boolean;
}

export const command = (): Command =>
  new Command('bellows doctor')
    .description(
      'Look at this host, say what is wrong with it and what mends that, and boot a VM to see whether it can. Run it as root, with the settings of the agent: they come from environment variables (docs/configuration.md), an option here goes before.',
    )
    .option('--url <url>', 'where the control plane is reached')
    .option('--folder <path>', "the agent's keys, journal and VMs")
    .addOption(
      new Option('--network <kind>', 'what the agent is started with').choices(['restricted', 'open', 'tap']),
    )
    .option('--no-canary', 'boot no VM')
    .option('--verbose', 'tell also what was seen where all is well')
    .option('--json', 'one JSON object as the last line, and nothing else')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      '\nIt ends with 0 when nothing has failed (warnings are only told), and with 1 otherwise. What it cannot see is skipped, and said to be.',
    )
    .action(runHere);

export async function main(args: readonly string[]): Promise<void> {
  await command().parseAsync(args, { from: 'user' });
}

async function runHere(flags: Flags): Promise<void> {
  const read = readSettings(agentSettings, process.env, allSettings);
  if (!read.ok) return refuse(`${read.problems.join('\n')}\nSee docs/configuration.md`, flags);
  const { values } = read;
  const { signal, release } = untilInterrupted();
  if (!flags.json && process.stderr.isTTY)
    process.stderr.write(
      'Looking at this host and booting VMs: half a minute, a few where there is no KVM …\n',
    );
  try {
    const examination = await examineHost({
      url: flags.url ?? values.url,
      folder: flags.folder ?? values.agentFolder,
      images: hostImages(),
      imagesFolder: join(cacheFolder(), 'images'),
      offer: offerOf(values),
      monitor: monitorOf(values),
      network: networkOf(values, flags.network),
      cgroup: values.cgroup,
      rates: ratesOf(values),
      guestHosts: values.guestHosts,
      canary: flags.canary,
      // What goes wrong is told by the report.
      log: values.agentLogLevel === 'debug' ? PinoLog.to('debug') : silentLog,
      signal,
    });
    show(examination, flags);
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error), flags);
  } finally {
    release();
  }
}

function show({ plan, findings, canary }: Examination, { json, verbose = false }: Flags): void {
  const ok = findings.every(({ severity }) => severity !== 'failure');
  if (!ok) process.exitCode = 1;
  const { driver, network } = plan;
  const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  process.stdout.write(
    json
      ? `${JSON.stringify({ ok, driver, network, checks: findings, canary })}\n`
      : `${reportText(findings, canary, { verbose, colour })}\n`,
  );
}

function refuse(message: string, { json }: Pick<Flags, 'json'>): void {
  process.exitCode = 1;
  if (json) process.stdout.write(`${JSON.stringify({ ok: false, message })}\n`);
  else process.stderr.write(`${message}\n`);
}

/** The first Ctrl-C ends the canary, the second one the process. */
function untilInterrupted(): { signal: AbortSignal; release: () => void } {
  const off = new AbortController();
  const hear = (): void => off.abort(new Error('called off'));
  process.once('SIGINT', hear);
  process.once('SIGTERM', hear);
  return {
    signal: off.signal,
    release: () => {
      process.off('SIGINT', hear);
      process.off('SIGTERM', hear);
    },
  };
}
