// The tables that are little more than a key and a value.

import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import type { Enrolment, EnrolmentTable } from '../../ports/enrolment-table.ts';
import type { Budget, BudgetTable, HistoryTable, SealedTable } from '../../ports/store.ts';
import { frozenCopy } from './frozen.ts';
import { by } from './order.ts';
import { createRows, type Rows } from './rows.ts';
import type { Participant, Session } from './session.ts';

interface Table<T> {
  participant: Participant;
  in(session: Session): T;
}

interface HistoryRow {
  readonly sequence: number;
  readonly subject: string;
  readonly line: HistoryLine;
}

export function createHistoryTable(): Table<HistoryTable> & { participant: Rows<HistoryRow, 'subject'> } {
  const rows = createRows<HistoryRow, 'subject'>({
    subject: { keyOf: (row) => row.subject, order: by((row) => row.sequence) },
  });
  const nameOf = (subject: HistoryLine['subject']): string =>
    subject.kind === 'system' ? 'system' : `${subject.kind} ${subject.id}`;
  return {
    participant: rows,
    in: (session) => ({
      append: (lines) =>
        session.statement(() => {
          for (const line of lines) {
            const sequence = rows.nextNumber();
            rows.put(session, `${sequence}`, {
              sequence,
              subject: nameOf(line.subject),
              line: frozenCopy(line),
            });
          }
        }),
      of: (subject, limit) =>
        session.statement(() =>
          rows
            .select(session, 'subject', nameOf(subject), { newestFirst: true, limit })
            .reverse()
            .map((row) => row.line),
        ),
      page: (subjects, limit, before = Number.POSITIVE_INFINITY) =>
        session.statement(() => {
          const where = ({ sequence }: HistoryRow): boolean => sequence < before;
          const found = [...new Set(subjects.map(nameOf))].flatMap((name) =>
            rows.select(session, 'subject', name, { newestFirst: true, limit, where }),
          );
          return found
            .sort((a, b) => a.sequence - b.sequence)
            .slice(-limit)
            .map(({ line, sequence }) => ({ ...line, number: sequence }));
        }),
    }),
  };
}

export function createSealedTable(): Table<SealedTable> {
  const rows = createRows<string>({});
  return {
    participant: rows,
    in: (session) => ({
      put: (vm, jwe) =>
        session.statement(async () => {
          await session.lock(`sealed ${vm}`);
          rows.put(session, vm, jwe);
        }),
      get: (vm) => session.statement(() => rows.get(session, vm)),
      erase: (vm) =>
        session.statement(async () => {
          if (rows.get(session, vm) === undefined) return;
          await session.lock(`sealed ${vm}`);
          rows.remove(session, vm);
        }),
    }),
  };
}

export function createBudgetTable(): Table<BudgetTable> {
  const rows = createRows<Budget & { bucket: string }, 'all'>({
    all: { keyOf: () => '', order: by(({ bucket }) => bucket) },
  });
  const plain = ({ bucket: _, ...budget }: Budget & { bucket: string }): Budget => budget;
  return {
    participant: rows,
    in: (session) => ({
      get: (bucket) =>
        session.statement(() => {
          const row = rows.get(session, bucket);
          return row && plain(row);
        }),
      list: () => session.statement(() => rows.select(session, 'all', '')),
      put: (bucket, budget) =>
        session.statement(async () => {
          await session.lock(`budget row ${bucket}`);
          rows.put(session, bucket, frozenCopy({ ...budget, bucket }));
        }),
    }),
  };
}

export function createEnrolmentTable(): Table<EnrolmentTable> {
  const rows = createRows<Enrolment>({});
  return {
    participant: rows,
    in: (session) => ({
      add: (enrolment) =>
        session.statement(async () => {
          await session.lock(`enrolment ${enrolment.tokenHash}`);
          if (rows.get(session, enrolment.tokenHash) !== undefined) {
            throw new Error(`bug: the enrolment token of ${enrolment.hostName} was used before`);
          }
          rows.put(session, enrolment.tokenHash, frozenCopy(enrolment));
        }),
      redeem: (tokenHash, now) =>
        session.statement(async () => {
          if (rows.get(session, tokenHash) === undefined) return undefined;
          await session.lock(`enrolment ${tokenHash}`);
          const enrolment = rows.get(session, tokenHash);
          if (enrolment === undefined || enrolment.expiresAt <= now) return undefined;
          rows.remove(session, tokenHash);
          return enrolment;
        }),
    }),
  };
}
