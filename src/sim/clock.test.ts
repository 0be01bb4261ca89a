import { describe, expect, it } from 'vitest';
import { VirtualClock } from './clock.ts';

describe('virtual time', () => {
  it('wakes sleepers in the order of their instants, and in the order of their coming within one', async () => {
    const clock = new VirtualClock();
    const woken: string[] = [];
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push(`${name}@${clock.now() - start}`);
    };
    const start = clock.now();
    void sleeper('late', 20);
    void sleeper('first', 10);
    void sleeper('second', 10);
    await clock.advance(10);
    expect(woken).toEqual(['first@10', 'second@10']);
    await clock.advance(100);
    expect(woken).toEqual(['first@10', 'second@10', 'late@20']);
    expect(clock.now() - start).toBe(110);
  });

  it('lets a chain of sleeps and promises happen inside one advance', async () => {
    const clock = new VirtualClock();
    let rounds = 0;
    const loop = async () => {
      for (; rounds < 5; rounds++) {
        await clock.sleep(100);
        for (let i = 0; i < 50; i++) await Promise.resolve();
      }
    };
    void loop();
    await clock.advance(500);
    expect(rounds).toBe(5);
  });

  it('rejects an aborted sleep and forgets it', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const sleep = clock.sleep(1000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    await expect(clock.sleep(1, abort.signal)).rejects.toThrow('enough');
    expect(clock.sleeping).toBe(0);
  });

  it('runs until nobody sleeps, and says when a loop never ends', async () => {
    const clock = new VirtualClock();
    void clock.sleep(3_600_000);
    expect(await clock.runUntilIdle()).toBe(true);
    const forever = async () => {
      for (;;) await clock.sleep(1000);
    };
    void forever();
    expect(await clock.runUntilIdle(60_000)).toBe(false);
  });

  it('stops at the first wake-up after which a condition holds', async () => {
    const clock = new VirtualClock();
    const start = clock.now();
    let count = 0;
    const forever = async () => {
      for (;;) {
        await clock.sleep(1000);
        count++;
      }
    };
    void forever();
    expect(await clock.runUntil(() => count === 3, 60_000)).toBe(true);
    expect(clock.now() - start).toBe(3000);
    expect(await clock.runUntil(() => count === 1000, 60_000)).toBe(false);
  });
});
