import { describe, expect, it } from 'vitest';
import { numberedVm, organization, toStarting } from '../domain.fixture.ts';
import { type RepairKind, repairKinds } from '../repair/repair.ts';
import { minutes } from '../time.ts';
import { countOf, emptyHistogram } from './family.ts';
import {
  delayedAfterMs,
  noTotals,
  type VmTold,
  wasLaunched,
  withJobs,
  withRepairs,
  withVm,
} from './totals.ts';

const launched = numberedVm(1, toStarting);
const told = (over: Partial<VmTold> = {}): VmTold => ({
  vm: launched,
  placedAfterMs: undefined,
  phases: [],
  ...over,
});
const ofAcme = (...all: readonly VmTold[]) => all.reduce(withVm, {}).acme;

describe('the totals of an account', () => {
  it('count the VMs whose process came up', () => {
    expect(wasLaunched(launched)).toBe(true);
    expect(wasLaunched(numberedVm(1))).toBe(false);
    expect(ofAcme(told(), told(), told({ vm: numberedVm(2) }))?.vmsLaunched).toBe(2);
  });

  it('count those that waited for a host for longer than a minute', () => {
    expect(delayedAfterMs).toBe(minutes(1));
    const waited = [undefined, delayedAfterMs, delayedAfterMs + 1].map((placedAfterMs) =>
      told({ placedAfterMs }),
    );
    expect(ofAcme(...waited)?.launchesDelayed).toBe(1);
  });

  it('count failures by whose they are', () => {
    const failed = (owner: 'host' | 'github') =>
      told({ vm: { ...launched, failure: { reason: 'x', owner } } });
    expect(ofAcme(failed('host'), failed('github'), failed('host'), told())?.vmsFailed).toEqual({
      host: 2,
      github: 1,
    });
  });

  it('measure each phase in seconds', () => {
    const phases = [
      { name: 'booting', ms: 2500 },
      { name: 'running', ms: 60_000 },
    ] as const;
    const measured = ofAcme(told({ phases }), told({ phases }))?.phases ?? {};
    expect(Object.keys(measured)).toEqual(['booting', 'running']);
    expect(measured.booting).toMatchObject({ sum: 5 });
    expect(countOf(measured.running ?? emptyHistogram)).toBe(2);
  });

  it('are each account’s own', () => {
    const globex = told({ vm: { ...launched, scope: organization('Globex') } });
    const owners = [told(), globex, globex].reduce(withVm, {});
    expect(owners.acme?.vmsLaunched).toBe(1);
    expect(owners.globex?.vmsLaunched).toBe(2);
  });

  it('count jobs as they are heard of', () => {
    const once = withJobs({}, [
      { owner: 'acme', jobs: 2 },
      { owner: 'globex', jobs: 1 },
    ]);
    expect(once).toEqual({ acme: { ...noTotals, jobsQueued: 2 }, globex: { ...noTotals, jobsQueued: 1 } });
    expect(withJobs(once, [{ owner: 'acme', jobs: 3 }]).acme?.jobsQueued).toBe(5);
    expect(noTotals).toEqual({
      jobsQueued: 0,
      vmsLaunched: 0,
      launchesDelayed: 0,
      vmsFailed: {},
      phases: {},
    });
  });
});

it('repairs are counted by kind', () => {
  const [kind = 'none'] = repairKinds;
  const more = { [kind]: 2 } as Record<RepairKind, number>;
  expect(withRepairs(withRepairs({}, more), more)).toEqual({ [kind]: 4 });
});
