// Mutation tests of src/domain, folder by folder; what was judged and has not changed since is not judged again.

import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { listen } from './mutate/progress.ts';
import { digestOf, resultOf, scoreOf, secondsLeft, sumUp, type UnitResult } from './mutate/results.ts';
import { runUnit, stemOf } from './mutate/run-unit.ts';
import { chosenUnits, type Unit, unitsOf } from './mutate/units.ts';

const help = `Usage: npm run mutate -- [OPTION...] [UNIT...]

Changes src/domain in thousands of small ways, one at a time, and counts those that the tests notice. A unit is one
folder (labels, lifecycle, ...; . for the files in src/domain itself) and is judged by its own tests; by others of the
domain only where its own do not reach a file. Wants 90 % of all. Results are kept in reports/mutation until something
that they depend on changes; after Ctrl-C the next run begins with the unit that was under way. Without UNIT: all.

  --alive            list the changes that no test noticed
  --fresh            judge again what has a result
  --concurrency N    processes that run tests (default 2)
  --json             the last line is one JSON object
  --help             this text
`;

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const folder = 'reports/mutation';
const sandbox = '.stryker-tmp';

process.chdir(root);
process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      alive: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      concurrency: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new Error('--concurrency wants a whole number');
  const units = chosenUnits(unitsOf(globSync('src/domain/**/*.*'), read), positionals);
  const { results, reused } = await judgeAll(units, { concurrency, fresh: values.fresh });
  if (values.alive) for (const result of results) for (const line of result.alive) console.log(line);
  const summary = sumUp(results, reused);
  console.log(
    `${summary.score} % of ${summary.mutants} changes noticed, ${summary.survived + summary.noCoverage} not`,
  );
  if (values.json) console.log(JSON.stringify(summary));
  return summary.ok ? 0 : 1;
}

async function judgeAll(units: readonly Unit[], options: { concurrency: number; fresh: boolean }) {
  mkdirSync(folder, { recursive: true });
  // Stryker removes its sandbox after a run, and not when it is interrupted or ended.
  rmSync(sandbox, { recursive: true, force: true });
  process.on('exit', () => rmSync(sandbox, { recursive: true, force: true }));
  const tools = toolVersions();
  const jobs = units.map((unit) => ({ unit, digest: digestOf(unit, read, tools) }));
  const kept = new Map(
    jobs.flatMap(({ unit, digest }) => {
      const result = options.fresh ? undefined : keptResult(unit, digest);
      return result ? [[unit.name, result] as const] : [];
    }),
  );
  const results = [...kept.values()];
  const open = jobs.filter(({ unit }) => !kept.has(unit.name));
  const done = { lines: 0, seconds: 0 };
  let linesLeft = open.reduce((sum, { unit }) => sum + linesOf(unit), 0);
  for (const [at, { unit }] of open.entries()) {
    const place = `${kept.size + at + 1} of ${units.length}  ${unit.name}`;
    const left = secondsLeft(done, linesLeft);
    console.log(`${place}: begins${left === undefined ? '' : `, about ${Math.ceil(left / 60)} min left`}`);
    // Anew, for somebody may have edited it while others were judged.
    const digest = digestOf(unit, read, tools);
    const result = await judge(unit, { digest, concurrency: options.concurrency, place });
    results.push(result);
    done.lines += linesOf(unit);
    done.seconds += result.seconds;
    linesLeft -= linesOf(unit);
    const sum = sumUp(results, kept.size);
    console.log(
      `${place}: ${scoreOf(result.counts).toFixed(1)} % in ${result.seconds} s; all so far ${sum.score} %`,
    );
  }
  return { results, reused: kept.size };
}

async function judge(
  unit: Unit,
  { digest, concurrency, place }: { digest: string; concurrency: number; place: string },
): Promise<UnitResult> {
  const start = performance.now();
  let toldAt = start;
  listen((tested, planned) => {
    if (performance.now() - toldAt < 15_000) return;
    toldAt = performance.now();
    console.log(`${place}: ${tested} of ${planned}`);
  });
  const outcomes = await runUnit(unit, concurrency);
  const result = resultOf(unit.name, digest, outcomes, Math.ceil((performance.now() - start) / 1000));
  writeFileSync(join(folder, `${stemOf(unit.name)}.json`), `${JSON.stringify(result, undefined, 1)}\n`);
  return result;
}

function keptResult(unit: Unit, digest: string): UnitResult | undefined {
  const text = read(join(folder, `${stemOf(unit.name)}.json`));
  const result = text === undefined ? undefined : (JSON.parse(text) as UnitResult);
  return result?.digest === digest ? result : undefined;
}

function linesOf({ sources }: Unit): number {
  return sources.reduce((sum, path) => sum + (read(path)?.split('\n').length ?? 0), 0);
}

/** What judges: another version of it may judge otherwise. */
function toolVersions(): string[] {
  const packages = ['@stryker-mutator/core', 'vitest', 'fast-check'];
  const versions = packages.map((name) => {
    const { version } = JSON.parse(read(`node_modules/${name}/package.json`) ?? '{}') as { version?: string };
    return `${name} ${version}`;
  });
  const own = ['stryker.config.json', ...globSync('scripts/mutate/{runner,suite,fresh-modules}.ts').sort()];
  return [process.version, ...versions, ...own.map((path) => read(path) ?? '')];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
