import { describe, expect, it } from 'vitest';
import { SystemClock } from './clock.ts';
import { SystemRandom } from './random.ts';

describe('the system clock', () => {
  it('sleeps as long as it is told', async () => {
    const clock = new SystemClock();
    const start = clock.now();
    await clock.sleep(20);
    expect(clock.now() - start).toBeGreaterThanOrEqual(19);
  });

  it("wakes with the signal's own reason", async () => {
    const controller = new AbortController();
    const sleep = new SystemClock().sleep(60_000, controller.signal);
    const reason = new Error('woken');
    controller.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    await expect(new SystemClock().sleep(0, controller.signal)).rejects.toBe(reason);
  });

  it('sleeps longer than a timer can hold, not at once', async () => {
    const controller = new AbortController();
    let ended = false;
    const sleep = new SystemClock().sleep(2 ** 40, controller.signal).finally(() => {
      ended = true;
    });
    await new SystemClock().sleep(20);
    expect(ended).toBe(false);
    controller.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
  });
});

describe('system randomness', () => {
  it('gives as many bytes as asked, different ones each time', () => {
    const random = new SystemRandom();
    expect(random.bytes(32)).toHaveLength(32);
    expect(random.bytes(32)).not.toEqual(random.bytes(32));
  });

  it('gives fractions from 0 to 1 that fill the range', () => {
    const random = new SystemRandom();
    const many = Array.from({ length: 2_000 }, () => random.fraction());
    expect(Math.min(...many)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...many)).toBeLessThan(1);
    expect(Math.min(...many)).toBeLessThan(0.05);
    expect(Math.max(...many)).toBeGreaterThan(0.95);
  });
});
