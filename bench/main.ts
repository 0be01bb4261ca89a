// `npm run bench -- NAME [--json]`. Each bench is a file that exports `run`; this is the table of them.

import { Command } from 'commander';

interface Bench {
  summary: string;
  /** Whole numbers that may be given, by name, with what they are. */
  numbers: Readonly<Record<string, string>>;
  /** The same for anything else. */
  texts?: Readonly<Record<string, string>>;
  load: () => Promise<{ run: (options: BenchOptions) => Promise<object> }>;
}

type BenchOptions = { say: (line: string) => void } & Readonly<Record<string, unknown>>;

const benches: Readonly<Record<string, Bench>> = {
  ingest: {
    summary: 'durable webhook deliveries per second over HTTP, against the limit of the same PostgreSQL',
    numbers: {
      rounds: 'how often both are measured, in turns (default 5)',
      seconds: 'how long each measurement takes, about (default 5)',
      connections: 'how many deliveries are under way at the same time (default 32)',
    },
    load: () => import('./ingest.ts'),
  },
  boot: {
    summary: 'from the order to start a VM until its guest is ready, against a plain QEMU',
    numbers: { pairs: 'how often both are measured, in turns; nine at least (default 9)' },
    load: () => import('./boot.ts'),
  },
  warm: {
    summary: 'from the order until the runner listens, in a warm VM and in one that boots',
    numbers: { pairs: 'how often both are measured, in turns (default 5)' },
    load: () => import('./warm.ts'),
  },
  density: {
    summary: 'what one more VM costs the agent, in memory and in processor time',
    numbers: {},
    load: () => import('./density.ts'),
  },
  insights: {
    summary: 'how long the dashboard waits for its figures, over a million jobs in PostgreSQL',
    numbers: {
      thousands: 'thousands of jobs (default 1000)',
      rounds: 'how often each query is asked (default 40)',
    },
    load: () => import('./insights.ts'),
  },
  replay: {
    summary: 'processor time of the simulated product for its work, and for four times as much',
    numbers: {
      pairs: 'how often both are measured, in turns (default 5)',
      days: 'virtual days of the small run (default 2)',
      runs: 'pushes in a day (default 40)',
    },
    load: () => import('./replay.ts'),
  },
  attribution: {
    summary: 'how well incidents tell whose fault it is, over simulated weeks whose faults are known',
    numbers: {},
    texts: {
      seeds: 'the weeks, as A..B (default 1..160): of these the odd ones are judged',
      half: '`odd`, or `even` for those that the rules were tuned on',
    },
    load: () => import('./attribution.ts'),
  },
};

const program = new Command('bench')
  .usage('NAME [options]')
  .description(
    'Measure Bellows on this machine. Results are worth something only while nothing else runs on it.',
  );

for (const [name, bench] of Object.entries(benches)) {
  const command = program
    .command(name)
    .summary(bench.summary)
    .description(`Measures ${bench.summary}.`)
    .option('--json', 'end with one line of JSON');
  for (const [option, words] of Object.entries(bench.numbers)) {
    command.option(`--${option} <n>`, words, wholeNumber);
  }
  for (const [option, words] of Object.entries(bench.texts ?? {}))
    command.option(`--${option} <text>`, words);
  command.action(async ({ json, ...numbers }: { json?: boolean } & Record<string, unknown>) => {
    const { run } = await bench.load();
    const result = await run({ ...numbers, say: (line) => console.error(line) });
    if (json === true) console.log(JSON.stringify(result));
    else for (const [key, value] of Object.entries(result)) console.log(`${key.padEnd(16)} ${asText(value)}`);
  });
}

await program.parseAsync();

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) program.error(`${text} is not a whole number above 0`);
  return value;
}

function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
