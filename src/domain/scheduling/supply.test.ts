import { describe, expect, it } from 'vitest';
import {
  acme,
  aJob,
  at,
  aVm,
  delivery,
  labels,
  numberedVm,
  organization,
  queuedJob,
  t0,
  toBooted,
  toBusy,
  toFailed,
  toGone,
  toIdle,
  toPlaced,
  toStarting,
  toStopping,
  toUnknown,
  vmAfter,
} from '../domain.fixture.ts';
import { jobId, runnerId } from '../ids.ts';
import { labelKey, labelSet } from '../labels/label-set.ts';
import { scopeKey } from '../scope.ts';
import { byAge, demandOf, isOf, queuedSince } from './demand.ts';
import { isSupply, supplyOf } from './supply.ts';

const scope = scopeKey(acme);
const key = labelKey(labels);

describe('supply', () => {
  it('is what may still take a job', () => {
    for (const events of [[], toPlaced, toStarting, toBooted, toIdle])
      expect(isSupply(vmAfter(events))).toBe(true);
    for (const events of [toBusy, toStopping, toFailed, toUnknown, toGone])
      expect(isSupply(vmAfter(events))).toBe(false);
  });

  it('is not what is being given back, failed, bound or buried', () => {
    const idle = vmAfter(toIdle);
    expect(isSupply({ ...idle, release: { why: '', startedAt: t0 } })).toBe(false);
    expect(isSupply({ ...idle, failure: { reason: '', owner: 'host' } })).toBe(false);
    expect(isSupply({ ...idle, tombstone: { reason: '', rule: 'failed', at: t0 } })).toBe(false);
    expect(isSupply({ ...idle, job: jobId(1) })).toBe(false);
  });

  it('is not a VM that GitHub named with a job, though its own row does not say so yet', () => {
    const [one, two] = [numberedVm(1, toIdle), numberedVm(2, toIdle)];
    const started = aJob(
      {},
      delivery('in_progress', t0, { runner: { id: runnerId(5), name: one.runnerName } }),
    );
    expect(supplyOf([one, two, numberedVm(3, toBusy)], [started, queuedJob(9)])).toEqual([two]);
    expect(supplyOf([one, two], [])).toEqual([one, two]);
  });
});

describe('demand', () => {
  it('is what GitHub holds queued, oldest first', () => {
    const [late, early, same] = [queuedJob(1, at(50)), queuedJob(2, at(10)), queuedJob(3, at(50))];
    const waits = { ...aJob({}, delivery('waiting', at(1))), id: jobId(6) };
    expect(demandOf([same, late, waits, early]).map(({ id }) => id)).toEqual([2, 1, 3]);
  });

  it("goes by GitHub's stamp, so that a late delivery costs no place in the line", () => {
    expect(queuedSince(aJob({}, delivery('queued', at(5), { heardAt: at(500) })))).toBe(at(5));
    expect(queuedSince(aJob({}, { ...delivery('queued', at(5)), source: 'read' }))).toBe(at(6));
    expect(byAge(queuedJob(1, at(5)), queuedJob(2, at(5)))).toBeLessThan(0);
    expect(byAge(queuedJob(1, at(6)), queuedJob(2, at(5)))).toBeGreaterThan(0);
  });

  it('belongs to its scope and labels alone', () => {
    expect(isOf(aVm(), scope, key)).toBe(true);
    expect(isOf(aVm({ labels: labelSet(['gpu']) }), scope, key)).toBe(false);
    expect(isOf(aVm({ scope: organization('other') }), scope, key)).toBe(false);
  });
});
