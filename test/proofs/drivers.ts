// The contract suite of VM drivers, driver by driver, so that it can be seen that each was held to the same cases.

import { join } from 'node:path';
import { runTests } from '../../scripts/check/run-tests.ts';
import type { Outcome } from './main.ts';

const root = join(import.meta.dirname, '../..');

/** Each driver, and the test file that puts it under the contract. */
const suites: Readonly<Record<string, string>> = {
  sim: 'src/sim/driver/sim-driver.test.ts',
  'qemu, played by a script': 'src/adapters/vm-qemu/driver.test.ts',
  qemu: 'src/adapters/vm-qemu/driver.vm.test.ts',
  'firecracker 1.10, played': 'src/adapters/vm-firecracker/driver-oldest.test.ts',
  'firecracker 1.16, played': 'src/adapters/vm-firecracker/driver.test.ts',
  firecracker: 'src/adapters/vm-firecracker/driver.vm.test.ts',
};

/** Of a suite that does something else beside, only the contract counts. */
const contractName = 'as a VM driver';

export async function run(say: (line: string) => void): Promise<Outcome> {
  const drivers: Record<string, { passed: number; failed: number; skipped: number }> = {};
  const reasons: Record<string, number> = {};
  for (const [driver, file] of Object.entries(suites)) {
    say(`${driver}: ${file}`);
    const counts = await runTests(root, [file, '--testNamePattern', contractName], 'collect');
    const { passed, failed } = counts;
    // Tests of other names are counted as skipped by the runner, and were not meant.
    const skipped = passed + failed === 0 ? counts.skipped : 0;
    drivers[driver] = { passed, failed, skipped };
    say(`${driver}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
    if (skipped > 0) for (const [why, count] of Object.entries(counts.reasons)) reasons[why] = count;
  }
  const all = Object.values(drivers);
  const cases = new Set(all.filter(({ skipped }) => skipped === 0).map(({ passed }) => passed));
  return { ok: all.every(({ failed }) => failed === 0) && cases.size === 1, drivers, reasons };
}
