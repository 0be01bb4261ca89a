import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../clock.ts';
import { timersOn } from './timers.ts';

describe('timers', () => {
  it('go off in the order of their times, then of their setting, less those that were cancelled', async () => {
    const plan = fc.array(fc.record({ ms: fc.nat(50), isCancelled: fc.boolean() }), { maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(plan, async (planned) => {
        const clock = new VirtualClock();
        const start = clock.now();
        const timers = timersOn(clock);
        const seen: string[] = [];
        const cancels = planned.map(({ ms }, index) =>
          timers.after(ms, () => seen.push(`${index} at ${clock.now() - start}`)),
        );
        for (const [index, cancel] of cancels.entries()) if (planned[index]?.isCancelled) cancel();
        await clock.advance(60);
        const expected = planned
          .map(({ ms, isCancelled }, index) => ({ ms, isCancelled, index }))
          .filter(({ isCancelled }) => !isCancelled)
          .sort((a, b) => a.ms - b.ms || a.index - b.index)
          .map(({ ms, index }) => `${index} at ${ms}`);
        expect(seen).toEqual(expected);
        expect(clock.sleeping).toBe(0);
      }),
    );
  });

  it('need one sleeper, however many they are, and none when all are cancelled', async () => {
    const clock = new VirtualClock();
    const timers = timersOn(clock);
    const cancels = Array.from({ length: 1000 }, (_, index) => timers.after(1000 - index, () => {}));
    await clock.advance(0);
    expect(clock.sleeping).toBe(1);
    for (const cancel of cancels) cancel();
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
  });

  it('let every promise settle between two that are due at the same instant', async () => {
    const clock = new VirtualClock();
    const timers = timersOn(clock);
    const seen: string[] = [];
    timers.after(5, () => {
      void Promise.resolve()
        .then(() => {})
        .then(() => seen.push('consequence of the first'));
    });
    timers.after(5, () => seen.push('second'));
    await clock.advance(5);
    expect(seen).toEqual(['consequence of the first', 'second']);
  });

  it('may set and cancel others as they go off; cancelling what went off does nothing', async () => {
    const clock = new VirtualClock();
    const timers = timersOn(clock);
    const seen: string[] = [];
    const cancel = timers.after(1, () => {
      cancel();
      timers.after(1, () => seen.push('later'));
    });
    const victim = timers.after(3, () => seen.push('never'));
    timers.after(2, victim);
    await clock.advance(5);
    expect(seen).toEqual(['later']);
    timers.after(1, () => seen.push('never'));
    timers.stop();
    await clock.advance(5);
    expect(seen).toEqual(['later']);
  });
});
