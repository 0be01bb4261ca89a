import { describe, expect, it } from 'vitest';
import type { Change } from '../../ports/store.ts';
import { changePayloads, changesIn } from './change-payload.ts';

const job = (n: number, owner = 'acme'): Change => ({ kind: 'job', id: String(n), owner });

describe('what changed, as NOTIFY carries it', () => {
  it('arrives as it was sent, in payloads that PostgreSQL takes', () => {
    const all = Array.from({ length: 500 }, (_, n) => job(10 ** 15 + n, 'a'.repeat(39)));
    const payloads = changePayloads(all);
    expect(payloads.every((payload) => payload.length < 7_900)).toBe(true);
    expect(payloads.flatMap(changesIn)).toEqual(all);
  });

  it('is too much to tell one by one when it is very much, or very long', () => {
    expect(changePayloads(Array.from({ length: 501 }, (_, n) => job(n))).flatMap(changesIn)).toEqual([
      { kind: 'unknown' },
    ]);
    expect(changePayloads([job(1, 'x'.repeat(9_000))]).flatMap(changesIn)).toEqual([{ kind: 'unknown' }]);
  });

  it.each(['', 'tasks', '{}', '[{"kind":"job"}]', '[{"kind":"cat","id":"1"}]'])(
    'may be anything when it is not understood: %s',
    (payload) => expect(changesIn(payload)).toEqual([{ kind: 'unknown' }]),
  );
});
