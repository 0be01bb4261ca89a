import { describe, expect, test } from 'vitest';
import { instantOf } from '../../domain/time.ts';
import { Lasting } from './lasting.ts';

const at = (now: number, calmSince?: number, wasStormy = false) => ({
  now: instantOf(now),
  calmSince: calmSince === undefined ? undefined : instantOf(calmSince),
  wasStormy,
});
const patience = { fair: 10, afterStorm: 100 };

describe('what must not last', () => {
  test('is late after its time, and is told once', () => {
    const waiting = new Lasting<string>(patience);
    expect(waiting.late(at(0, 0), ['a'])).toEqual([]);
    expect(waiting.late(at(10, 0), ['a'])).toEqual([]);
    expect(waiting.late(at(11, 0), ['a', 'b'])).toEqual(['a']);
    expect(waiting.late(at(12, 0), ['a', 'b'])).toEqual([]);
    expect(waiting.late(at(22, 0), ['a', 'b'])).toEqual(['b']);
  });

  test('begins anew when it was over in between', () => {
    const waiting = new Lasting<string>(patience);
    waiting.late(at(0, 0), ['a']);
    waiting.late(at(5, 0), []);
    expect(waiting.late(at(14, 0), ['a'])).toEqual([]);
  });

  test('is never late in the storm, and after it counts from its end, with more patience', () => {
    const waiting = new Lasting<string>(patience);
    expect(waiting.late(at(0, undefined, true), ['a'])).toEqual([]);
    expect(waiting.late(at(1000, undefined, true), ['a'])).toEqual([]);
    expect(waiting.late(at(1100, 1000, true), ['a'])).toEqual([]);
    expect(waiting.late(at(1101, 1000, true), ['a'])).toEqual(['a']);
  });
});
