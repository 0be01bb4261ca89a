// A vitest reporter that writes the counts, and why tests were skipped, to the file that BELLOWS_TEST_REPORT names. The
// caller reads the file; when it is not there, the run crashed.

import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why tests were skipped → how many. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Counts tests; a file that could not be read counts as one failed test. */
export function count(modules: readonly TestModule[], uncaught: number): Counts {
  const counts = { passed: 0, failed: uncaught, skipped: 0 };
  const reasons: Record<string, number> = {};
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') counts.passed += 1;
      else if (state === 'skipped') {
        counts.skipped += 1;
        const reason = skipReason(test);
        reasons[reason] = (reasons[reason] ?? 0) + 1;
      } else failedHere += 1;
    }
    if (failedHere === 0 && module.state() === 'failed') failedHere = 1;
    counts.failed += failedHere;
  }
  return { ...counts, reasons };
}

/** What the test gave to `context.skip('reason')`; else the outermost of its names, which should say it. */
function skipReason(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return note ?? `${test.module.relativeModuleId}: ${test.fullName.split(' > ')[0]}`;
}

// Vitest takes a reporter from a file's default export and no other way.
// biome-ignore lint/style/noDefaultExport: see above
export default class TestReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], uncaught: readonly unknown[]): void {
    const path = process.env.BELLOWS_TEST_REPORT;
    if (path !== undefined) writeFileSync(path, JSON.stringify(count(modules, uncaught.length)));
  }
}
