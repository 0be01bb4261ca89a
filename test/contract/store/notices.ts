import { expect } from 'vitest';
import { checkRunId, runId } from '../../../src/domain/ids.ts';
import { labelKey, labelSet } from '../../../src/domain/labels/label-set.ts';
import type { WaitNotice } from '../../../src/domain/waits/notice.ts';
import { itWith, type OpenStores, within } from './stores.ts';
import { at, bigKey, smallKey } from './things.ts';

export function noticeContract(open: OpenStores): void {
  const it = itWith(open);
  const notice = (changes: Partial<WaitNotice> = {}): WaitNotice => ({
    run: runId(1),
    labels: smallKey,
    told: 'no arm64 host',
    openedAt: at(0),
    busyUntil: at(1),
    ...changes,
  });

  it('keeps one for each run and label set, as it was last put', async ({ a, b }) => {
    await within(a, (tx) => tx.notices.put(notice()));
    await within(a, (tx) => tx.notices.put(notice({ labels: bigKey, told: 'another' })));
    await within(b, (tx) => tx.notices.put(notice({ checkRun: checkRunId(7), retryAt: at(9) })));
    const of = (run: number, labels = smallKey) => within(a, (tx) => tx.notices.get(runId(run), labels));
    expect(await of(1)).toStrictEqual(notice({ checkRun: checkRunId(7), retryAt: at(9) }));
    expect((await of(1, bigKey))?.told).toBe('another');
    expect(await of(2)).toBeUndefined();
    await within(b, (tx) => tx.notices.remove(runId(1), smallKey));
    await within(b, (tx) => tx.notices.remove(runId(1), smallKey));
    expect(await of(1)).toBeUndefined();
    expect(await of(1, bigKey)).toBeDefined();
  });

  it('takes any label set that a workflow file may hold', async ({ a }) => {
    const labels = labelKey(labelSet(Array.from({ length: 90 }, (_, n) => `${'é\u0000'.repeat(60)}${n}`)));
    await within(a, (tx) => tx.notices.put(notice({ labels })));
    expect((await within(a, (tx) => tx.notices.get(runId(1), labels)))?.labels).toBe(labels);
  });
}
