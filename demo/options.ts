import { Command, InvalidArgumentError, Option } from 'commander';

export interface DemoOptions {
  driver: 'qemu' | 'sim';
  json: boolean;
  keep: boolean;
  chaos: boolean;
  /** Of the chaos. */
  seed?: number;
  verbose: boolean;
}

export function parseOptions(args: readonly string[]): DemoOptions {
  const command = new Command('npm run demo --')
    .description(
      'Pushes a commit to a simulated GitHub and runs its jobs with Bellows, each in a microVM of its own, on this machine.',
    )
    .addOption(
      new Option('--driver <kind>', 'qemu: real microVMs; sim: no VMs, jobs are processes of this machine')
        .choices(['qemu', 'sim'])
        .default('qemu'),
    )
    .option('--json', 'print one JSON object as the last line', false)
    .option('--keep', 'leave everything running afterwards, to play with, until Ctrl-C', false)
    .option(
      '--chaos',
      'let everything go wrong meanwhile: webhooks, API, the agent, the control plane; the end must be the same',
      false,
    )
    .option('--seed <number>', 'what goes wrong where with --chaos; chosen and printed when left out', seed)
    .option('--verbose', 'print the log lines of the control plane and the agent', false)
    .addHelpText(
      'after',
      '\nEnds with 0 only if every job ended as it should, each in a VM of its own, and nothing is left.',
    )
    .parse(args, { from: 'user' });
  return command.opts<DemoOptions>();
}

function seed(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError('A seed is a whole number.');
}
