import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type StandInHarness,
  standInHarness,
  whyNoJails,
} from '../../../test/support/firecracker/harness.ts';

let harness: StandInHarness;
beforeAll(async () => {
  harness = await standInHarness('1.17');
});
afterAll(() => harness?.close());

const deed = fc.record({
  what: fc.constantFrom('start', 'start', 'stop', 'abort', 'restart'),
  afterMs: fc.integer({ min: 0, max: 400 }),
});

it('leaves nothing, in whatever order starts, aborts and stops of a VM come', {
  timeout: 240_000,
}, async (context) => {
  if (whyNoJails !== undefined) context.skip(whyNoJails);
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 2, maxLength: 5 }), async (deeds) => {
      const machine = await harness.machine();
      const under: { abort: AbortController; start: Promise<unknown> }[] = [];
      const settled = () => Promise.all(under.map(({ start }) => start));
      for (const { what, afterMs } of deeds) {
        if (what === 'start') {
          const abort = new AbortController();
          const start = harness.driver.start(machine, abort.signal);
          under.push({ abort, start: start.catch(() => undefined) });
        }
        if (what === 'stop') {
          await harness.driver.stop(machine.vm);
          expect(await harness.leftovers()).toEqual([]);
          await settled();
          expect(await harness.leftovers()).toEqual([]);
        }
        if (what === 'abort') under.at(-1)?.abort.abort(new Error('enough'));
        if (what === 'restart') {
          await settled();
          await harness.restartAgent();
        }
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        expect((await harness.processes()).length).toBeLessThanOrEqual(1);
      }
      await harness.driver.stop(machine.vm);
      await settled();
      expect(await harness.leftovers()).toEqual([]);
    }),
    { numRuns: 6 },
  );
});
