import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../sim/clock.ts';
import { bytePair } from '../../sim/driver/byte-pair.ts';
import { pump } from './channel-pump.ts';
import { maxFrameBytes } from './limits.ts';
import { ReliableChannel } from './reliable-channel.ts';

class Side {
  readonly channel: ReliableChannel;
  readonly heard: unknown[] = [];
  readonly clock: VirtualClock;
  constructor(role: 'asks' | 'answers', clock: VirtualClock) {
    this.channel = new ReliableChannel({ role, session: role, acknowledges: 'at-once' });
    this.clock = clock;
  }
  join(stream: Parameters<typeof pump>[1]) {
    return pump(this.channel, stream, {
      now: () => this.clock.now(),
      sleep: (ms, signal) => this.clock.sleep(ms, signal),
      onMessage: ({ body }) => void this.heard.push(body.text),
      framesPerSecond: 100,
    });
  }
}

function world() {
  const clock = new VirtualClock();
  const host = new Side('asks', clock);
  const guest = new Side('answers', clock);
  return { clock, host, guest };
}

describe('a pump', () => {
  it('carries messages, over a break too', async () => {
    const { clock, host, guest } = world();
    const [a, b] = bytePair();
    const atHost = host.join(a);
    const atGuest = guest.join(b);
    guest.channel.send({ text: 1 });
    atGuest.wake();
    await clock.advance(0);
    expect(host.heard).toEqual([1]);
    atHost.close();
    expect(await atHost.done).toBe('closed');
    expect(await atGuest.done).not.toBe('');
    guest.channel.send({ text: 2 });
    host.channel.send({ text: 'x' });
    const [c, d] = bytePair();
    host.join(c);
    guest.join(d);
    await clock.advance(0);
    expect(host.heard).toEqual([1, 2]);
    expect(guest.heard).toEqual(['x']);
  });

  it('asks again when its first question was lost', async () => {
    const { clock, host, guest } = world();
    const [a, b] = bytePair();
    host.join(a);
    // The guest's side eats the first bytes, as a port that is not open yet does.
    const eater = b.incoming[Symbol.asyncIterator]();
    await clock.advance(0);
    await eater.next();
    await eater.next();
    guest.join({ ...b, incoming: { [Symbol.asyncIterator]: () => eater } });
    guest.channel.send({ text: 'late' });
    await clock.advance(5000);
    expect(host.heard).toEqual(['late']);
  });

  it('closes a link that carries only garbage, and keeps little of it in memory', async () => {
    const { clock, host } = world();
    const [a, b] = bytePair();
    const atHost = host.join(a);
    const flood = async () => {
      for (;;) await b.write(new Uint8Array(maxFrameBytes * 2).fill(10, -1));
    };
    const flooding = flood().catch(() => 'stopped');
    await clock.advance(10_000);
    expect(await atHost.done).toMatch(/^\d+ unreadable frames$/);
    expect(await flooding).toBe('stopped');
  });

  it('reads from a flood of well-formed frames only as many as are allowed', async () => {
    const { clock, host, guest } = world();
    const [a, b] = bytePair();
    host.join(a);
    guest.join(b);
    await clock.advance(0);
    const frame = new TextEncoder().encode('{"m":{"text":"spam"}}\n'.repeat(50));
    const flood = async () => {
      for (;;) await b.write(frame);
    };
    void flood().catch(() => {});
    await clock.advance(10_000);
    expect(host.heard.length).toBeGreaterThan(1000);
    expect(host.heard.length).toBeLessThan(4500);
  });
});
