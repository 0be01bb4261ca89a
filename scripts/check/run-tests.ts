import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run-command.ts';
import type { Counts } from './test-report.ts';

/**
 * Runs vitest in `root`, showing what it says, and gives the counts. Whatever vitest fails for counts as at least one
 * failure, also when no test failed: an error that nobody caught, no tests found, a crash.
 */
export async function runTests(
  root: string,
  vitestArguments: readonly string[],
  output: 'show' | 'collect' = 'show',
): Promise<Counts> {
  const reportPath = join(tmpdir(), `bellows-test-report-${process.pid}-${performance.now()}.json`);
  const reporter = join(import.meta.dirname, 'test-report.ts');
  const flags = ['--reporter=default', `--reporter=${reporter}`, '--allowOnly=false'];
  const { code } = await run(root, ['vitest', 'run', ...flags, ...vitestArguments], output, {
    BELLOWS_TEST_REPORT: reportPath,
  });
  const counts = await readReport(reportPath, code);
  await rm(reportPath, { force: true });
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

async function readReport(path: string, code: number): Promise<Counts> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    console.log(`The tests ended with code ${code} and without a report: ${String(cause)}`);
    return { passed: 0, failed: 1, skipped: 0, reasons: {} };
  }
}
