// What all logs of VMs promise. `reopen` gives them as the next process finds them.

import { describe, expect, it } from 'vitest';
import { vmId } from '../../src/domain/ids.ts';
import type { VmLogs } from '../../src/ports/vm-logs.ts';

export interface VmLogsHarness {
  open(): Promise<VmLogs>;
  reopen(): Promise<VmLogs>;
}

const [one, two] = [vmId('vm-00000000one0'), vmId('vm-00000000two0')];
export const line = (n: number | string): string => `2026-01-01T12:00:00.000Z runner: ${n}`;

export function vmLogsContract(name: string, make: () => VmLogsHarness): void {
  describe(`logs of VMs: ${name}`, () => {
    it('have nothing of a VM that said nothing', async () => {
      expect(await (await make().open()).read(one)).toEqual([]);
    });

    it('give each VM its own lines, in order, with those of this very moment', async () => {
      const logs = await make().open();
      for (let n = 0; n < 100; n += 1) logs.add(n % 2 === 0 ? one : two, line(n));
      expect(await logs.read(one)).toEqual(Array.from({ length: 50 }, (_, n) => line(2 * n)));
      expect(await logs.read(two)).toEqual(Array.from({ length: 50 }, (_, n) => line(2 * n + 1)));
    });

    it('give the next process what was added, and go on from there', async () => {
      const harness = make();
      const logs = await harness.open();
      logs.add(one, line('√ Verbunden'));
      await logs.read(one);
      const next = await harness.reopen();
      next.add(one, line(2));
      expect(await next.read(one)).toEqual([line('√ Verbunden'), line(2)]);
    });

    it('keep those of living VMs when they are swept', async () => {
      const logs = await make().open();
      logs.add(one, line(1));
      await logs.read(one);
      await logs.sweep(new Set([one]));
      expect(await logs.read(one)).toEqual([line(1)]);
    });
  });
}
