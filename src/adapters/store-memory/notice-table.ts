import type { LabelKey, RunId } from '../../domain/ids.ts';
import type { WaitNotice } from '../../domain/waits/notice.ts';
import type { NoticeTable } from '../../ports/notice-tables.ts';
import { frozenCopy } from './frozen.ts';
import { createRows } from './rows.ts';
import type { Participant, Session } from './session.ts';

export function createNoticeTable(): { participant: Participant; in(session: Session): NoticeTable } {
  const rows = createRows<WaitNotice>({});
  const keyOf = (run: RunId, labels: LabelKey): string => `${run} ${labels}`;
  return {
    participant: rows,
    in: (session) => ({
      get: (run, labels) => session.statement(() => rows.get(session, keyOf(run, labels))),
      put: (notice) =>
        session.statement(async () => {
          const key = keyOf(notice.run, notice.labels);
          await session.lock(`notice row ${key}`);
          rows.put(session, key, frozenCopy(notice));
        }),
      remove: (run, labels) =>
        session.statement(async () => {
          const key = keyOf(run, labels);
          if (rows.get(session, key) === undefined) return;
          await session.lock(`notice row ${key}`);
          rows.remove(session, key);
        }),
    }),
  };
}
