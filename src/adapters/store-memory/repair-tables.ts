import { type Repair, type RepairKind, repairKinds, repairSubject } from '../../domain/repair/repair.ts';
import type {
  LoopTable,
  RecordedRepair,
  Remembered,
  RepairFilter,
  RepairTable,
} from '../../ports/repair-tables.ts';
import { frozenCopy } from './frozen.ts';
import { by, newestFirst } from './order.ts';
import { createRows, type Rows } from './rows.ts';
import type { Participant, Session } from './session.ts';

type RepairIndex = 'all' | 'kind' | 'subject';

const byNumber = by<RecordedRepair>(({ number }) => number);

export function createRepairTable(): {
  participant: Rows<RecordedRepair, RepairIndex>;
  in(session: Session): RepairTable;
} {
  const rows = createRows<RecordedRepair, RepairIndex>({
    all: { keyOf: () => '', order: byNumber },
    kind: { keyOf: ({ kind }) => kind, order: byNumber },
    subject: { keyOf: ({ subject }) => repairSubject(subject), order: byNumber },
  });
  return {
    participant: rows,
    in: (session) => ({
      append: (repairs) =>
        session.statement(() => {
          for (const repair of repairs) {
            const number = rows.nextNumber();
            rows.put(session, `${number}`, frozenCopy({ ...repair, number }));
            const { owner } = repair;
            const id = repairSubject(repair.subject);
            session.changes.set(`repair ${id}`, {
              kind: 'repair',
              id,
              ...(owner !== undefined && { owner }),
            });
          }
        }),
      list: (filter, { limit, before = Number.POSITIVE_INFINITY }) =>
        session.statement(() => {
          const selection = {
            newestFirst: true,
            limit,
            where: (row: RecordedRepair) => row.number < before && matches(row, filter),
          };
          if (filter.subjects === undefined) return rows.select(session, 'all', '', selection);
          const found = [...new Set(filter.subjects.map(repairSubject))].flatMap((subject) =>
            rows.select(session, 'subject', subject, selection),
          );
          return found.sort(newestFirst(byNumber)).slice(0, limit);
        }),
      count: (filter) =>
        session.statement(() => {
          const counts = noneOfEach();
          const { owner, owners, subjects, since, kinds = repairKinds } = filter;
          for (const kind of kinds) {
            counts[kind] =
              owner === undefined && owners === undefined && subjects === undefined && since === undefined
                ? rows.count(session, 'kind', kind)
                : rows.select(session, 'kind', kind, { where: (row) => matches(row, filter) }).length;
          }
          return counts;
        }),
    }),
  };
}

const matches = (repair: Repair, { owner, owners, kinds, subjects, since }: RepairFilter): boolean =>
  (owner === undefined || repair.owner === owner) &&
  (owners === undefined || (repair.owner !== undefined && owners.includes(repair.owner))) &&
  (kinds === undefined || kinds.includes(repair.kind)) &&
  (subjects === undefined || subjects.some((one) => repairSubject(one) === repairSubject(repair.subject))) &&
  (since === undefined || repair.at >= since);

const noneOfEach = (): Record<RepairKind, number> =>
  Object.fromEntries(repairKinds.map((kind) => [kind, 0])) as Record<RepairKind, number>;

export function createLoopTable(): { participant: Participant; in(session: Session): LoopTable } {
  const rows = createRows<Remembered[keyof Remembered]>({});
  return {
    participant: rows,
    in: (session) => ({
      get: <Loop extends keyof Remembered>(loop: Loop) =>
        // Under its own name each loop has only ever put its own state.
        session.statement(() => rows.get(session, loop) as Remembered[Loop] | undefined),
      put: (loop, state) =>
        session.statement(async () => {
          await session.lock(`loop ${loop}`);
          rows.put(session, loop, frozenCopy(state));
        }),
    }),
  };
}
