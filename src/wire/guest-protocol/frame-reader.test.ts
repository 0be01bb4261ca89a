import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, type Frame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { maxFrameBytes } from './limits.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    kind: fc.constant('numbered' as const),
    number: fc.integer({ min: 1 }),
    ack: fc.nat(),
    body: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
      noNullPrototype: true,
    }),
  }),
  fc.record({ kind: fc.constant('loose' as const), body: fc.constant({ type: 'log', line: 'äöü\n√' }) }),
  fc.record({ kind: fc.constant('ack' as const), ack: fc.nat(), again: fc.boolean() }),
  fc.record({
    kind: fc.constant('resume' as const),
    answer: fc.boolean(),
    session: fc.string({ minLength: 1, maxLength: 64 }),
    of: fc.string({ maxLength: 64 }),
    received: fc.nat(),
    base: fc.integer({ min: 1 }),
  }),
);

describe('frames', () => {
  it('come out as they went in, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 })),
        (frames, cuts) => {
          const whole = Buffer.concat(frames.map((frame) => encodeFrame(frame)));
          const reader = new FrameReader();
          const out: Frame[] = [];
          let at = 0;
          for (const cut of cuts) {
            out.push(...reader.feed(whole.subarray(at, at + cut)));
            at += cut;
          }
          out.push(...reader.feed(whole.subarray(at)));
          expect(JSON.stringify(out)).toBe(JSON.stringify(frames));
          expect(reader.bad).toBe(0);
        },
      ),
    );
  });

  it('that are garbage are counted and dropped, and the next is read', () => {
    const reader = new FrameReader();
    const garbage = [
      'no json',
      '[]',
      'null',
      '{"n":0,"a":0,"m":{}}',
      '{"n":1,"m":{}}',
      '{"m":7}',
      '{"resume":"","of":"","r":0,"b":1}',
      '{"resume":"s","of":"","r":-1,"b":1}',
      '{"a":1e99}',
    ];
    expect(reader.feed(bytes(`${garbage.join('\n')}\n\n\n{"a":3}\n`))).toEqual([
      { kind: 'ack', ack: 3, again: false },
    ]);
    expect(reader.bad).toBe(garbage.length);
    expect(reader.feed(new Uint8Array([0xff, 0xfe, 10]))).toEqual([]);
    expect(reader.bad).toBe(garbage.length + 1);
  });

  it('without an end never hold more than one frame of memory', () => {
    const reader = new FrameReader();
    const flood = new Uint8Array(64 * 1024).fill(120);
    for (let i = 0; i < 100; i++) {
      reader.feed(flood);
      expect(reader.heldBytes).toBeLessThan(maxFrameBytes);
    }
    expect(reader.feed(bytes('\n{"a":1}\n'))).toEqual([{ kind: 'ack', ack: 1, again: false }]);
    expect(reader.bad).toBe(1);
  });

  it('may come a byte at a time', () => {
    const reader = new FrameReader();
    const text = `{"m":{"line":"${'y'.repeat(1000)}"}}\n`;
    const out = [...bytes(text)].flatMap((byte) => reader.feed(new Uint8Array([byte])));
    expect(out).toHaveLength(1);
  });
});
