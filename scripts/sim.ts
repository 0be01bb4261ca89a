// Runs the whole product under deterministic simulation: one seed, many seeds, or a named scenario.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { brokenProducts } from '../src/sim/mutants/all-mutants.ts';
import type { Mutant } from '../src/sim/mutants/mutant.ts';
import type { SwarmOptions } from '../src/sim/swarm/options.ts';
import { chooseOptions } from '../src/sim/swarm/options.ts';
import type { SeedResult } from '../src/sim/swarm/run-seed.ts';
import { shrink } from '../src/sim/swarm/shrink.ts';
import { exitCodes, outcomeOf, type Summary, Tally } from '../src/sim/swarm/summary.ts';
import type { Tamper } from '../src/sim/world/world.ts';
import { runScenario } from './sim/run-scenario.ts';
import { runGuarded, runInWorkers, work } from './sim/workers.ts';

const help = `Usage: npm run sim -- [--seed N | --seeds K [--from N] | --scenario NAME] [OPTION...]

Runs GitHub, control planes, agents, hosts and network in one process, on a virtual clock, from a seed that chooses what
breaks. Faults stop after a while; then everything must get done, and the books must be right.

  --seed N         one seed: prints what it chose and how it went; of a failing one the shortest reproduction found
  --seeds K        K seeds from --from (default 1) on, on all processors: prints a summary
  --options JSON   one run with these options instead of a seed's own, as a reproduction prints them
  --scenario NAME  one named story; --scenario list names them all
  --broken NAME    one run of a product that breaks a promise on purpose: what finds it, and how; --broken list names all
  --trace          writes the event log of a single run to sim-NAME.log
  --no-shrink      do not look for a shorter reproduction
  --json           the last line is one JSON object
  --help           this text

Exit code: 0 sound, 10 crash, 11 liveness (something was not done in time), 12 correctness (something wrong was done).
`;

/** What somebody typed and we cannot take. */
class UsageError extends Error {}

const { values } = readArguments(() =>
  parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      options: { type: 'string' },
      scenario: { type: 'string' },
      broken: { type: 'string' },
      trace: { type: 'boolean', default: false },
      'no-shrink': { type: 'boolean', default: false },
      worker: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }),
);

const shrinkForMs = 60_000;

/** Of a run's options; the others may be left out. */
const needed = [
  'seed',
  'stormMs',
  'servers',
  'organizations',
  'repositories',
  'hosts',
  'runs',
  'width',
  'jobMs',
  'faults',
] as const satisfies readonly (keyof SwarmOptions)[];

process.exitCode = await main().catch(refuse);

function readArguments<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    process.exit(refuse(new UsageError(error instanceof Error ? error.message : String(error))));
  }
}

function refuse(error: unknown): number {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\nSee npm run sim -- --help\n`);
  return 1;
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (values.scenario !== undefined)
    return runScenario(values.scenario, { trace: values.trace, json: values.json });
  if (values.broken === 'list') {
    process.stdout.write(listOfBroken());
    return exitCodes.ok;
  }
  if (values.seeds !== undefined) {
    if (values.broken !== undefined) throw new UsageError('--broken is for one run, not for many');
    const from = wholeNumber('--from', values.from);
    const count = wholeNumber('--seeds', values.seeds);
    return values.worker ? work(from, count) : many(from, count);
  }
  if (values.options !== undefined) return one(readOptions(values.options));
  return one(chooseOptions(wholeNumber('--seed', values.seed ?? '1')));
}

async function one(options: SwarmOptions): Promise<number> {
  const broken = readBroken(values.broken);
  process.stdout.write(`options ${JSON.stringify(options)}\n`);
  const lines: string[] = [];
  const result = await runGuarded(options, {
    ...broken?.(),
    ...(values.trace ? { onLine: (line: string) => lines.push(line) } : {}),
  });
  if (values.trace) {
    writeFileSync(`sim-${options.seed}.log`, `${lines.join('\n')}\n`);
    process.stdout.write(`event log in sim-${options.seed}.log\n`);
  }
  process.stdout.write(describe(result));
  const reproduction =
    result.outcome === 'ok' || values['no-shrink'] ? undefined : await shorter(options, result, broken);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...result, options, reproduction })}\n`);
  return exitCodes[result.outcome];
}

async function shorter(options: SwarmOptions, result: SeedResult, broken?: Broken): Promise<SwarmOptions> {
  const end = Date.now() + shrinkForMs;
  const shrunk = await shrink(
    options,
    result,
    (smaller) => runGuarded(smaller, broken?.()),
    () => Date.now() < end,
  );
  const by = values.broken === undefined ? '' : ` --broken ${values.broken}`;
  process.stdout.write(
    `shortest reproduction found, in ${shrunk.tries} runs:\n  npm run sim --${by} --options '${JSON.stringify(shrunk.options)}'\n`,
  );
  process.stdout.write(describe(shrunk.result));
  return shrunk.options;
}

async function many(from: number, count: number): Promise<number> {
  const tally = new Tally();
  const startedAt = performance.now();
  await runInWorkers(from, count, (result) => {
    tally.add(result);
    if (result.outcome !== 'ok') process.stdout.write(describe(result));
  });
  const summary = tally.done();
  const wallSeconds = Math.round((performance.now() - startedAt) / 100) / 10;
  process.stdout.write(describeAll(summary, wallSeconds));
  if (values.json) process.stdout.write(`${JSON.stringify({ ...summary, wallSeconds })}\n`);
  return exitCodes[outcomeOf(summary)];
}

function describe(result: SeedResult): string {
  const { seed, outcome, findings, jobs, vms, webhooks, lastedMs, calmMs, injected, repairs, error } = result;
  const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`;
  const head = `seed ${seed}: ${outcome}; ${jobs} jobs, ${vms} VMs, ${webhooks} webhooks in ${minutes(lastedMs)}, done ${minutes(calmMs)} after the storm`;
  const found = findings.map(
    ({ at, checker, what }) => `  ${new Date(at).toISOString()} ${checker}: ${what}`,
  );
  return `${[head, ...found, ...(error === undefined ? [] : [error]), `  injected ${counts(injected)}`, `  repaired ${counts(repairs)}`].join('\n')}\n`;
}

function describeAll(summary: Summary, wallSeconds: number): string {
  const { seeds, ok, crash, liveness, correctness, jobs, vms, webhooks, injected, repairs, never } = summary;
  return `${[
    `${seeds} seeds in ${wallSeconds} s: ${ok} sound, ${crash.length} crashed, ${liveness.length} not done in time, ${correctness.length} wrong`,
    `${jobs} jobs, ${vms} VMs, ${webhooks} webhooks`,
    `injected ${counts(injected)}`,
    `repaired ${counts(repairs)}`,
    ...(never.length > 0 ? [`never happened: ${never.join(', ')}`] : []),
  ].join('\n')}\n`;
}

function counts(of: Readonly<Record<string, number | undefined>>): string {
  const some = Object.entries(of).filter(([, count]) => count !== undefined && count > 0);
  return some.length === 0 ? 'nothing' : some.map(([name, count]) => `${name} ${count}`).join(', ');
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new UsageError(`${option} takes a whole number, not ${text}`);
  return number;
}

/** A product that breaks a promise, made anew for each run. */
type Broken = () => { tamper: Tamper };

function readBroken(name: string | undefined): Broken | undefined {
  if (name === undefined) return undefined;
  const found = brokenProducts.find((each) => nameOf(each) === name);
  if (found === undefined)
    throw new UsageError(`no product is broken so: ${name}; there are:\n${listOfBroken()}`);
  return () => ({ tamper: found.make() });
}

function nameOf({ name }: Mutant): string {
  return name.replace(/,/g, '').replace(/ /g, '-');
}

function listOfBroken(): string {
  return brokenProducts.map((each) => `  ${nameOf(each)}  (found by: ${each.caughtBy})\n`).join('');
}

/** @throws UsageError for what is no JSON, or lacks what a seed chooses. */
function readOptions(json: string): SwarmOptions {
  const hint = '--options takes the JSON that a reproduction prints, in quotes';
  let options: unknown;
  try {
    options = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`${hint}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof options !== 'object' || options === null) throw new UsageError(hint);
  const missing = needed.filter((key) => !(key in options));
  if (missing.length > 0) throw new UsageError(`${hint}: ${missing.join(', ')} missing`);
  return options as SwarmOptions;
}
