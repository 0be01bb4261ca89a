import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocks } from './locks.ts';
import { by } from './order.ts';
import { createRows } from './rows.ts';
import { createSession } from './session.ts';

interface Row {
  id: string;
  color: 'red' | 'blue';
  at: number;
}

const order = by<Row>(
  (row) => row.at,
  (row) => row.id,
);
const specs = {
  color: { keyOf: (row: Row) => row.color, order },
  early: { keyOf: (row: Row) => (row.at < 5 ? '' : undefined), order: by<Row>((row) => row.id) },
};

const row: fc.Arbitrary<Row> = fc.record({
  id: fc.constantFrom(...'abcdefgh'),
  color: fc.constantFrom('red', 'blue'),
  at: fc.nat(9),
});
const who = fc.constantFrom(0, 1);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), who, row }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), who, row }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'rollback' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('snapshot' as const, 'restore' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), before: fc.nat(9) }) },
);

/** The plain definition: two maps, one on top of the other, and a search through all of it. */
class PlainRows {
  committed = new Map<string, Row>();
  kept = new Map<string, Row>();
  readonly own = [new Map<string, Row | undefined>(), new Map<string, Row | undefined>()] as const;

  seen(by: 0 | 1): Row[] {
    return [...new Map<string, Row | undefined>([...this.committed, ...this.own[by]]).values()].filter(
      (one) => one !== undefined,
    );
  }
}

describe('indexed rows', () => {
  test.prop([fc.array(step, { maxLength: 80 }), fc.nat(4)])(
    'are found as by a search through all',
    (steps, limit) => {
      const rows = createRows(specs);
      const sessions = [createSession(createLocks(), [rows]), createSession(createLocks(), [rows])] as const;
      const plain = new PlainRows();
      let restore = rows.snapshot();
      for (const next of steps) {
        switch (next.kind) {
          case 'put':
            rows.put(sessions[next.who === 0 ? 0 : 1], next.row.id, next.row);
            plain.own[next.who === 0 ? 0 : 1].set(next.row.id, next.row);
            break;
          case 'remove':
            rows.remove(sessions[next.who === 0 ? 0 : 1], next.row.id);
            plain.own[next.who === 0 ? 0 : 1].set(next.row.id, undefined);
            break;
          case 'commit':
          case 'rollback': {
            const me = next.who === 0 ? 0 : 1;
            rows[next.kind](sessions[me]);
            const kept =
              next.kind === 'commit' ? plain.seen(me).map((one) => [one.id, one] as const) : plain.committed;
            plain.committed = new Map(kept);
            plain.own[me].clear();
            break;
          }
          case 'snapshot':
            restore = rows.snapshot();
            plain.kept = new Map(plain.committed);
            break;
          case 'restore':
            restore();
            plain.committed = new Map(plain.kept);
            break;
          case 'drop': {
            const inUse = (id: string): boolean => plain.own.some((own) => own.has(id));
            rows.drop((one) => one.at < next.before);
            for (const one of [...plain.committed.values()])
              if (one.at < next.before && !inUse(one.id)) plain.committed.delete(one.id);
            break;
          }
        }
        for (const me of [0, 1] as const) {
          const seen = plain.seen(me);
          const red = seen.filter((one) => one.color === 'red').sort(order);
          const early = seen.filter((one) => one.at < 5).sort(by((one) => one.id));
          const session = sessions[me];
          expect(rows.select(session, 'color', 'red')).toEqual(red);
          expect(rows.select(session, 'color', 'red', { newestFirst: true, limit })).toEqual(
            red.toReversed().slice(0, limit),
          );
          expect(rows.select(session, 'color', 'red', { while: ({ at }) => at < 5 })).toEqual(
            red.filter(({ at }) => at < 5),
          );
          expect(rows.select(session, 'early', '', { where: ({ color }) => color === 'red', limit })).toEqual(
            early.filter(({ color }) => color === 'red').slice(0, limit),
          );
          expect(rows.count(session, 'color', 'blue')).toBe(seen.length - red.length);
          expect(seen.every(({ color }) => new Set(rows.keys(session, 'color')).has(color))).toBe(true);
          for (const id of 'abcdefgh')
            expect(rows.get(session, id)).toEqual(seen.find((one) => one.id === id));
        }
        const red = [...plain.committed.values()].filter(({ color }) => color === 'red').sort(order);
        expect([...rows.committed.having('color', 'red')]).toEqual(red);
        expect(rows.committed.count('color', 'red')).toBe(red.length);
        expect([...rows.committed.all()].sort(order)).toEqual([...plain.committed.values()].sort(order));
      }
    },
  );

  it('that a query does not ask for are not touched', () => {
    let touched = 0;
    const counted = (at: number): Row => ({
      id: `${at}`,
      color: 'red',
      get at() {
        touched += 1;
        return at;
      },
    });
    const touchesWith = (size: number): number => {
      const rows = createRows(specs);
      const session = createSession(createLocks(), [rows]);
      for (let at = 1; at <= size; at += 1) rows.put(session, `${at}`, counted(at));
      rows.commit(session);
      touched = 0;
      expect(rows.select(session, 'early', '')).toHaveLength(4);
      expect(rows.select(session, 'color', 'red', { newestFirst: true, limit: 3 })).toHaveLength(3);
      expect(rows.count(session, 'color', 'red')).toBe(size);
      return touched;
    };
    expect(touchesWith(2000)).toBe(touchesWith(20));
  });
});
