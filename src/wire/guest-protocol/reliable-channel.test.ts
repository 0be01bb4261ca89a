import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from './frame.ts';
import { type Delivered, ReliableChannel } from './reliable-channel.ts';

const host = (more: Partial<ConstructorParameters<typeof ReliableChannel>[0]> = {}) =>
  new ReliableChannel({ role: 'asks', session: 'host', acknowledges: 'at-once', ...more });
const guest = (more: Partial<ConstructorParameters<typeof ReliableChannel>[0]> = {}) =>
  new ReliableChannel({ role: 'answers', session: 'guest', acknowledges: 'at-once', ...more });

/** Carries frames both ways until neither side has anything to say. */
function talk(a: ReliableChannel, b: ReliableChannel): { toA: Delivered[]; toB: Delivered[] } {
  const toA: Delivered[] = [];
  const toB: Delivered[] = [];
  for (let idle = 0; idle < 2; ) {
    const fromA = a.take();
    const fromB = b.take();
    if (fromA !== undefined) toB.push(...b.receive(fromA));
    if (fromB !== undefined) toA.push(...a.receive(fromB));
    idle = fromA === undefined && fromB === undefined ? idle + 1 : 0;
  }
  return { toA, toB };
}

function connected(): { h: ReliableChannel; g: ReliableChannel } {
  const h = host();
  const g = guest();
  h.attach();
  g.attach();
  talk(h, g);
  return { h, g };
}

const bodies = (delivered: readonly Delivered[]) => delivered.map((one) => one.body.text);

describe('a channel', () => {
  it('delivers in order, both ways, and keeps nothing once it is acknowledged', () => {
    const { h, g } = connected();
    for (const text of ['a', 'b', 'c']) g.send({ text });
    h.send({ text: 'x' });
    const { toA, toB } = talk(h, g);
    expect(bodies(toA)).toEqual(['a', 'b', 'c']);
    expect(bodies(toB)).toEqual(['x']);
    expect([h.waiting, g.waiting]).toEqual([0, 0]);
  });

  it('holds what is said before the other side is there, and says it then', () => {
    const h = host();
    const g = guest();
    g.attach();
    g.send({ text: 'early' });
    expect(g.take()).toBeUndefined();
    h.attach();
    expect(bodies(talk(h, g).toA)).toEqual(['early']);
  });

  it('sends again after a break what was not acknowledged, and nothing else', () => {
    const { h, g } = connected();
    g.send({ text: 'a' });
    talk(h, g);
    g.send({ text: 'b' });
    g.send({ text: 'c' });
    const lost = g.take();
    expect(lost).toMatchObject({ kind: 'numbered', number: 2 });
    h.detach();
    h.attach();
    expect(bodies(talk(h, g).toA)).toEqual(['b', 'c']);
  });

  it('does not deliver again what a restarted host had written down', () => {
    const first = host({ acknowledges: 'when-told' });
    const g = guest();
    first.attach();
    g.attach();
    talk(first, g);
    for (const text of ['a', 'b', 'c']) g.send({ text });
    expect(bodies(talk(first, g).toA)).toEqual(['a', 'b', 'c']);
    // It wrote down two, and died before it could say so.
    const second = host({
      session: 'host2',
      acknowledges: 'when-told',
      resume: { session: 'guest', number: 2 },
    });
    second.attach();
    expect(bodies(talk(second, g).toA)).toEqual(['c']);
  });

  it('delivers again after a break what its receiver could not write down', () => {
    const h = host({ acknowledges: 'when-told' });
    const g = guest();
    h.attach();
    g.attach();
    talk(h, g);
    for (const text of ['a', 'b']) g.send({ text });
    talk(h, g);
    h.acknowledge(1);
    h.detach();
    h.attach();
    expect(bodies(talk(h, g).toA)).toEqual(['b']);
  });

  it('takes a restarted guest as new, from its first message on', () => {
    const { h, g } = connected();
    g.send({ text: 'a' });
    talk(h, g);
    const again = guest({ session: 'guest2' });
    again.attach();
    again.send({ text: 'b' });
    h.detach();
    h.attach();
    expect(bodies(talk(h, again).toA)).toEqual(['b']);
    expect(h.peer).toBe('guest2');
  });

  it('hears a restarted guest that speaks unasked, over a link that shows no break', () => {
    const { h, g } = connected();
    g.send({ text: 'old' });
    talk(h, g);
    h.send({ text: 'to nobody' });
    h.take();
    const next = guest({ session: 'next', greets: true });
    next.attach();
    next.send({ text: 'new' });
    const { toA, toB } = talk(h, next);
    expect(bodies(toA)).toEqual(['new']);
    expect(bodies(toB)).toEqual(['to nobody']);
    expect([h.waiting, next.waiting]).toEqual([0, 0]);
  });

  it('does not ask again for each answer that comes late', () => {
    const h = host();
    const g = guest({ greets: true });
    h.attach();
    g.attach();
    const asked = h.take();
    h.tick();
    if (asked !== undefined) g.receive(asked);
    const late = g.take();
    talk(h, g);
    if (late !== undefined) h.receive(late);
    expect([h.open, g.open, h.take(), g.take()]).toEqual([true, true, undefined, undefined]);
  });

  it('asks for what was lost on the way, once', () => {
    const { h, g } = connected();
    for (const text of ['a', 'b', 'c']) g.send({ text });
    g.take();
    const [second, third] = [g.take(), g.take()];
    for (const frame of [second, third]) if (frame !== undefined) expect(h.receive(frame)).toEqual([]);
    expect(h.take()).toEqual({ kind: 'ack', ack: 0, again: true });
    expect(h.take()).toBeUndefined();
    g.receive({ kind: 'ack', ack: 0, again: true });
    expect(bodies(talk(h, g).toA)).toEqual(['a', 'b', 'c']);
  });

  it('sends the last message again when it was lost and nothing after it shows that', () => {
    const { h, g } = connected();
    g.send({ text: 'the last' });
    g.take();
    expect(bodies(talk(h, g).toA)).toEqual([]);
    // At the first look something may still be on its way; at the next nothing has come of it.
    g.tick();
    g.tick();
    expect(bodies(talk(h, g).toA)).toEqual(['the last']);
    expect(g.waiting).toBe(0);
  });

  it('gives way with loose messages first, and gives up when even the numbered ones are too many', () => {
    const g = guest({ maxNumbered: 3, maxLoose: 2, maxBytes: 10_000 });
    for (let i = 0; i < 5; i++) g.sendLoose({ text: `log ${i}` });
    expect(g.droppedLoose).toBe(3);
    for (let i = 0; i < 3; i++) g.send({ text: `${i}` });
    expect(g.gaveUp).toBeUndefined();
    g.send({ text: 'one too many' });
    expect(g.gaveUp).toContain('4 messages wait');
  });

  it('drops all loose messages before it gives up for want of memory', () => {
    const g = guest({ maxBytes: 1000 });
    for (let i = 0; i < 10; i++) g.sendLoose({ text: 'x'.repeat(80) });
    g.send({ text: 'y'.repeat(900) });
    expect(g.gaveUp).toBeUndefined();
    expect(g.droppedLoose).toBe(10);
  });

  it('is not moved by acknowledgements of what was never sent', () => {
    const { h, g } = connected();
    h.send({ text: 'x' });
    h.receive({ kind: 'ack', ack: 99, again: false });
    expect(h.waiting).toBe(1);
    expect(bodies(talk(h, g).toB)).toEqual(['x']);
  });

  it('says so when messages are lost for good', () => {
    const { h } = connected();
    h.detach();
    h.attach();
    h.receive({ kind: 'resume', answer: true, session: 'guest', of: 'host', received: 0, base: 7 });
    expect(h.gaveUp).toBe('messages 1 to 6 are lost');
  });
});

// Whatever is lost, repeated or cut off, and however often the host is restarted: what the host has written down in the
// end is what the guest said, each message once and in order.
type Step =
  | { do: 'guest-says' | 'host-says' | 'cut' | 'join' | 'tick' | 'restart-host' | 'write-down' }
  | { do: 'carry'; toHost: boolean; fate: 'arrives' | 'lost' | 'twice' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('carry' as const),
      toHost: fc.boolean(),
      fate: fc.constantFrom(
        'arrives' as const,
        'arrives' as const,
        'arrives' as const,
        'lost' as const,
        'twice' as const,
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'guest-says' as const,
        'guest-says' as const,
        'host-says' as const,
        'cut' as const,
        'join' as const,
        'join' as const,
        'tick' as const,
        'restart-host' as const,
        'write-down' as const,
      ),
    }),
  },
);

class Course {
  #hosts = 1;
  h = host({ session: 'host1', acknowledges: 'when-told' });
  g = guest();
  readonly said: string[] = [];
  readonly written: string[] = [];
  #unwritten: Delivered[] = [];
  readonly toGuest: string[] = [];
  hostSaid: string[] = [];

  take(one: Step): void {
    switch (one.do) {
      case 'guest-says':
        this.said.push(`g${this.said.length}`);
        this.g.send({ text: this.said.at(-1) });
        return;
      case 'host-says':
        this.hostSaid.push(`h${this.#hosts}.${this.hostSaid.length}`);
        this.h.send({ text: this.hostSaid.at(-1) });
        return;
      case 'cut':
        this.h.detach();
        return;
      case 'join':
        this.h.attach();
        // The guest may or may not have seen the break.
        return;
      case 'tick':
        this.h.tick();
        this.g.tick();
        return;
      case 'restart-host':
        this.#restart();
        return;
      case 'write-down':
        this.writeDown();
        return;
      case 'carry':
        this.carry(one.toHost, one.fate);
        return;
    }
  }

  carry(toHost: boolean, fate: 'arrives' | 'lost' | 'twice'): boolean {
    const frame: Frame | undefined = (toHost ? this.g : this.h).take();
    if (frame === undefined) return false;
    const times = fate === 'lost' ? 0 : fate === 'twice' ? 2 : 1;
    for (let i = 0; i < times; i++) {
      if (toHost) this.#unwritten.push(...this.h.receive(frame));
      else this.toGuest.push(...this.g.receive(frame).map((one) => String(one.body.text)));
    }
    return true;
  }

  writeDown(): void {
    for (const one of this.#unwritten) {
      // Whoever writes down knows what is written already.
      if (one.number === this.written.length + 1) this.written.push(String(one.body.text));
    }
    const last = this.#unwritten.at(-1)?.number;
    this.#unwritten = [];
    if (last !== undefined) this.h.acknowledge(last);
  }

  #restart(): void {
    this.#unwritten = [];
    this.#hosts += 1;
    // What the dead host had not got across is gone with it; its successor says again what still matters.
    this.hostSaid = [];
    this.h = host({
      session: `host${this.#hosts}`,
      acknowledges: 'when-told',
      resume: { session: this.h.peer, number: this.written.length },
    });
  }

  heal(): void {
    this.h.detach();
    this.h.attach();
    for (let quiet = 0; quiet < 3; ) {
      const moved = [this.carry(false, 'arrives'), this.carry(true, 'arrives')].some(Boolean);
      this.writeDown();
      this.h.tick();
      this.g.tick();
      quiet = moved && (this.h.waiting > 0 || this.g.waiting > 0) ? 0 : quiet + 1;
    }
  }
}

describe('through loss, repetition, breaks and restarts', () => {
  it('every numbered message arrives exactly once and in order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const course = new Course();
        course.g.attach();
        for (const one of steps) course.take(one);
        course.heal();
        expect(course.h.gaveUp ?? course.g.gaveUp).toBeUndefined();
        expect(course.written).toEqual(course.said);
        const fromLastHost = course.toGuest.filter((text) => course.hostSaid.includes(text));
        expect(fromLastHost).toEqual(course.hostSaid);
        expect(new Set(course.toGuest).size).toBe(course.toGuest.length);
      }),
      { numRuns: 500 },
    );
  });
});
