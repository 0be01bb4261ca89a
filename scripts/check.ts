// `npm test` and `npm run ci`: runs the checks one after the other and ends with one line of counts. A check other than
// the tests counts only when it fails, so that "N passed" is a number of tests.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './check/run-command.ts';
import { runTests } from './check/run-tests.ts';
import type { Counts } from './check/test-report.ts';

const help = `Usage: npm test [-- OPTION... FILTER...]
       npm run ci [-- OPTION...]

Checks types and style, runs the tests, and ends with a line "N passed, N failed, N skipped".
With a FILTER (part of a test file's path) only those tests run, and nothing else.

  --all    also: generated documentation is current, everything builds, nothing is unused (this is npm run ci)
  --json   one JSON object as the last line
  --help   this text
`;

const root = join(import.meta.dirname, '..');

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const types: Check = { name: 'types', command: ['tsc', '--noEmit'] };
const dashboardTypes: Check = { name: 'dashboard', command: ['tsc', '--noEmit', '-p', 'dashboard'] };
const lint: Check = { name: 'lint', command: ['biome', 'check', '--error-on-warnings', '.'] };
const extra: readonly Check[] = [
  { name: 'docs', command: ['node', 'scripts/docs.ts', '--check'] },
  { name: 'build', command: ['node', 'scripts/build.ts'] },
  { name: 'unused', command: ['knip'] },
];

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});

/** One line when it went well, its whole output when not. */
async function passes({ name, command }: Check): Promise<boolean> {
  const { code, output, seconds } = await run(root, command, 'collect');
  console.log(`${name.padEnd(9)} ${code === 0 ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s`);
  if (code !== 0) console.log(output);
  return code === 0;
}

function printSkipped(reasons: Counts['reasons']): void {
  const entries = Object.entries(reasons);
  if (entries.length === 0) return;
  console.log('\nSkipped:');
  for (const [reason, count] of entries) console.log(`${String(count).padStart(5)}  ${reason}`);
  console.log('');
}

async function main(): Promise<void> {
  const failedChecks: string[] = [];
  const checkAll = async (checks: readonly Check[]): Promise<void> => {
    for (const check of checks) if (!(await passes(check))) failedChecks.push(check.name);
  };
  if (filters.length === 0) await checkAll([types, dashboardTypes, lint]);
  const counts = await runTests(root, filters);
  if (options.all) await checkAll(extra);
  const failed = counts.failed + failedChecks.length;
  printSkipped(counts.reasons);
  if (failedChecks.length > 0) console.log(`Failed checks: ${failedChecks.join(', ')}`);
  console.log(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped`);
  if (options.json) {
    console.log(JSON.stringify({ ok: failed === 0, ...counts, failed, failedChecks }));
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

if (options.help) console.log(help);
else await main();
