// `npm run e2e -- NAME [--json]`: proofs on real parts that take longer than a test may. Each is a file that exports
// `run`; this is the table of them.

import { Command } from 'commander';

/** What each proof prints at its end; `ok` decides the exit code. */
export type Outcome = { ok: boolean } & Readonly<Record<string, unknown>>;

interface Proof {
  summary: string;
  load: () => Promise<{ run: (say: (line: string) => void) => Promise<Outcome> }>;
}

const proofs: Readonly<Record<string, Proof>> = {
  dashboard: {
    summary:
      'every page of the dashboard does its task by keyboard alone, in both themes, wide and on a phone',
    load: () => import('../dashboard/main.ts'),
  },
  driver: {
    summary: 'every VM driver keeps what drivers promise: the same cases for each',
    load: () => import('./drivers.ts'),
  },
  isolation: {
    summary: 'a VM whose root is a stranger harms neither its host nor its neighbours nor your network',
    load: () => import('../isolation/main.ts'),
  },
  restart: {
    summary: 'jobs pass in real VMs while their agent is killed at every step, and upgraded',
    load: () => import('../restart/main.ts'),
  },
};

const program = new Command('e2e')
  .usage('NAME [options]')
  .description('Prove on real parts what Bellows promises.');

for (const [name, proof] of Object.entries(proofs)) {
  program
    .command(name)
    .summary(proof.summary)
    .description(`Proves that ${proof.summary}.`)
    .option('--json', 'end with one line of JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { run } = await proof.load();
      const outcome = await run((line) => console.error(line));
      if (json === true) console.log(JSON.stringify(outcome));
      else
        for (const [key, value] of Object.entries(outcome)) console.log(`${key.padEnd(16)} ${text(value)}`);
      process.exitCode = outcome.ok ? 0 : 1;
    });
}

await program.parseAsync();

function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
