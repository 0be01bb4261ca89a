import { expect } from 'vitest';
import type { HistoryLine } from '../../../src/domain/lifecycle/effects.ts';
import type { Enrolment } from '../../../src/ports/enrolment-table.ts';
import type { Budget } from '../../../src/ports/store.ts';
import { itWith, meeting, type OpenStores, within } from './stores.ts';
import { at, hostName, job, vmName } from './things.ts';

const ofJob: HistoryLine['subject'] = { kind: 'job', id: job(1).id };

export function smallTableContract(open: OpenStores): void {
  const it = itWith(open);

  it('tells the history of one subject in the order of writing, the newest lines of it', async ({ a }) => {
    const line = (event: string, changes: Partial<HistoryLine> = {}): HistoryLine => ({
      at: at(0),
      subject: ofJob,
      event,
      data: { why: event, nested: { list: [1, null, 'x'] } },
      ...changes,
    });
    await within(a, (tx) => tx.history.append([line('queued'), line('started', { at: at(-5) })]));
    await a.transaction(async (tx) => {
      await tx.history.append([line('other', { subject: { kind: 'vm', id: vmName(1) } })]);
      await tx.history.append([line('other', { subject: { kind: 'host', id: hostName(1) } })]);
      await tx.history.append([]);
      await tx.history.append([line('done', { at: at(90 * 86_400_000) })]);
    });
    const all = await within(a, (tx) => tx.history.of(ofJob, 10));
    expect(all).toEqual([
      line('queued'),
      line('started', { at: at(-5) }),
      line('done', { at: at(90 * 86_400_000) }),
    ]);
    const newest = await within(a, (tx) => tx.history.of(ofJob, 2));
    expect(newest.map((entry) => entry.event)).toEqual(['started', 'done']);
    const vmLines = await within(a, (tx) => tx.history.of({ kind: 'vm', id: vmName(1) }, 10));
    expect(vmLines).toHaveLength(1);
    expect(await within(a, (tx) => tx.history.of({ kind: 'system' }, 10))).toEqual([]);
  });

  it('keeps a sealed secret until it is erased, and then nothing of it', async ({ a, b }) => {
    await within(a, (tx) => tx.sealed.put(vmName(1), 'first'));
    await within(a, (tx) => tx.sealed.put(vmName(1), 'second'));
    expect(await within(b, (tx) => tx.sealed.get(vmName(1)))).toBe('second');
    await within(b, (tx) => tx.sealed.erase(vmName(1)));
    await within(b, (tx) => tx.sealed.erase(vmName(1)));
    expect(await within(a, (tx) => tx.sealed.get(vmName(1)))).toBeUndefined();
  });

  it('keeps a budget as it was last put', async ({ a, b }) => {
    const full: Budget = { remaining: 5000, resetAt: at(3600), recent: [at(1), at(2)], blockedUntil: at(9) };
    const later: Budget = { remaining: 4999, resetAt: at(3600), recent: [] };
    expect(await within(a, (tx) => tx.budget.get('acme/rest'))).toBeUndefined();
    await within(a, (tx) => tx.budget.put('acme/rest', full));
    expect(await within(b, (tx) => tx.budget.get('acme/rest'))).toEqual(full);
    await within(b, (tx) => tx.budget.put('acme/rest', later));
    expect(await within(a, (tx) => tx.budget.get('acme/rest'))).toStrictEqual(later);
    expect(await within(a, (tx) => tx.budget.get('globex/rest'))).toBeUndefined();
  });

  it('spends a budget exactly when its lock is held', async ({ a, b }) => {
    await within(a, (tx) => tx.budget.put('x', { remaining: 20, resetAt: at(0), recent: [] }));
    const spend = (store: typeof a): Promise<void> =>
      store.transaction(async (tx) => {
        await tx.lock('budget:x');
        const budget = await tx.budget.get('x');
        if (budget !== undefined) await tx.budget.put('x', { ...budget, remaining: budget.remaining - 1 });
      });
    await Promise.all(Array.from({ length: 20 }, (_, i) => spend(i % 2 === 0 ? a : b)));
    expect((await within(a, (tx) => tx.budget.get('x')))?.remaining).toBe(0);
  });

  const enrolment: Enrolment = {
    tokenHash: 'e3b0c442',
    hostName: 'rack-1',
    owners: ['acme'],
    expiresAt: at(1_000),
  };

  it('redeems an enrolment token once, before it runs out', async ({ a }) => {
    await within(a, (tx) => tx.enrolments.add(enrolment));
    await a.transaction(async (tx) => {
      expect(await tx.enrolments.redeem('unknown', at(0))).toBeUndefined();
      expect(await tx.enrolments.redeem(enrolment.tokenHash, at(1_000))).toBeUndefined();
      expect(await tx.enrolments.redeem(enrolment.tokenHash, at(999))).toEqual(enrolment);
    });
    expect(await within(a, (tx) => tx.enrolments.redeem(enrolment.tokenHash, at(0)))).toBeUndefined();
  });

  it('redeems an enrolment token once, also when two come with it at the same time', async ({ a, b }) => {
    await within(a, (tx) => tx.enrolments.add(enrolment));
    const bothAreIn = meeting(2);
    const redeem = (store: typeof a): Promise<Enrolment | undefined> =>
      store.transaction(async (tx) => {
        await tx.enrolments.redeem('unknown', at(0));
        await bothAreIn();
        return tx.enrolments.redeem(enrolment.tokenHash, at(0));
      });
    const outcomes = await Promise.all([redeem(a), redeem(b)]);
    expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([enrolment]);
  });

  it('leaves a token usable when the enrolment failed after it', async ({ a }) => {
    await within(a, (tx) => tx.enrolments.add(enrolment));
    const failed = a.transaction(async (tx) => {
      await tx.enrolments.redeem(enrolment.tokenHash, at(0));
      throw new Error('the host’s key was not a key');
    });
    await expect(failed).rejects.toThrow('not a key');
    expect(await within(a, (tx) => tx.enrolments.redeem(enrolment.tokenHash, at(0)))).toEqual(enrolment);
  });
}
