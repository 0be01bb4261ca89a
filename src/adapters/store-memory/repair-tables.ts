import type { LoopStates } from '../../domain/repair/loops.ts';
import { type Repair, type RepairKind, repairKinds } from '../../domain/repair/repair.ts';
import type { LoopTable, RecordedRepair, RepairFilter, RepairTable } from '../../ports/store.ts';
import { frozenCopy } from './frozen.ts';
import { by, newestFirst } from './order.ts';
import { createRows } from './rows.ts';
import type { Participant, Session } from './session.ts';

const byNumber = by<RecordedRepair>(({ number }) => number);

export function createRepairTable(): { participant: Participant; in(session: Session): RepairTable } {
  const rows = createRows<RecordedRepair>();
  let last = 0;
  return {
    participant: rows,
    in: (session) => ({
      append: (repairs) =>
        session.statement(() => {
          for (const repair of repairs) {
            last += 1;
            rows.put(session, `${last}`, frozenCopy({ ...repair, number: last }));
          }
        }),
      list: (filter, { limit, before = Number.POSITIVE_INFINITY }) =>
        session.statement(() =>
          rows
            .select(session, (row) => row.number < before && matches(row, filter))
            .sort(newestFirst(byNumber))
            .slice(0, limit),
        ),
      count: (filter) =>
        session.statement(() => {
          const counts = noneOfEach();
          for (const { kind } of rows.select(session, (row) => matches(row, filter))) counts[kind] += 1;
          return counts;
        }),
    }),
  };
}

const matches = (repair: Repair, { owner, kinds, since }: RepairFilter): boolean =>
  (owner === undefined || repair.owner === owner) &&
  (kinds === undefined || kinds.includes(repair.kind)) &&
  (since === undefined || repair.at >= since);

const noneOfEach = (): Record<RepairKind, number> =>
  Object.fromEntries(repairKinds.map((kind) => [kind, 0])) as Record<RepairKind, number>;

export function createLoopTable(): { participant: Participant; in(session: Session): LoopTable } {
  const rows = createRows<LoopStates[keyof LoopStates]>();
  return {
    participant: rows,
    in: (session) => ({
      get: <Loop extends keyof LoopStates>(loop: Loop) =>
        // Under its own name each loop has only ever put its own state.
        session.statement(() => rows.get(session, loop) as LoopStates[Loop] | undefined),
      put: (loop, state) =>
        session.statement(async () => {
          await session.lock(`loop ${loop}`);
          rows.put(session, loop, frozenCopy(state));
        }),
    }),
  };
}
