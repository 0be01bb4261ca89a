import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, t0 } from '../domain.fixture.ts';
import { type RunnerId, runnerId, runnerName, type VmId, vmId } from '../ids.ts';
import { type Instant, instantOf } from '../time.ts';
import { looksApartMs, planSweep, type Registration, vmOfRunnerName } from './sweep.ts';

const tag = 'a1b2c3';
const letters = '0123456789ab';
const leftover = (over: Partial<Registration> = {}): Registration => ({
  id: runnerId(1),
  name: runnerName(`bellows-${tag}-${letters}`),
  online: false,
  busy: false,
  ...over,
});
const nobody = () => false;
const seenAt = (seconds: number) => new Map([[runnerId(1), at(seconds)]]);
const sweep = (one: Registration, looks: ReadonlyMap<RunnerId, Instant> = new Map(), isLiving = nobody) =>
  planSweep(tag, [one], isLiving, looks, at(600));

describe('a leftover', () => {
  it('is remembered at the first look and deleted at one that is ten minutes later', () => {
    expect(sweep(leftover())).toEqual({ remove: [], remember: [leftover()], forget: [] });
    expect(sweep(leftover(), seenAt(1))).toEqual({ remove: [], remember: [], forget: [] });
    expect(sweep(leftover(), seenAt(0))).toEqual({ remove: [leftover()], remember: [], forget: [] });
  });

  it('that comes online, gets a job, or whose VM lives is forgotten, and its time begins anew', () => {
    const kept = { remove: [], remember: [], forget: [1] };
    expect(sweep(leftover({ online: true }), seenAt(0))).toEqual(kept);
    expect(sweep(leftover({ busy: true }), seenAt(0))).toEqual(kept);
    expect(sweep(leftover(), seenAt(0), () => true)).toEqual(kept);
  });

  it('that somebody else deleted is forgotten', () => {
    expect(planSweep(tag, [], nobody, seenAt(0), at(600)).forget).toEqual([1]);
  });

  it('under a name that was given up goes by the same VM', () => {
    const renamed = leftover({ name: runnerName(`bellows-${tag}-${letters}.2`) });
    const asked: VmId[] = [];
    const plan = planSweep(tag, [renamed], (vm) => asked.push(vm) > 0, seenAt(0), at(600));
    expect(plan.remove).toEqual([]);
    expect(asked).toEqual([`vm-${letters}`]);
  });
});

describe('a name', () => {
  it.each([`bellows-${tag}-${letters}`, `bellows-${tag}-${letters}.7`])('%s is ours', (name) => {
    expect(vmOfRunnerName(tag, name)).toBe(`vm-${letters}`);
  });

  it.each([
    `bellows-other0-${letters}`,
    `bellows-${tag}0-${letters}`,
    `bellows-x-${tag}-${letters}`,
    `bellows-${tag}-x-${letters}`,
    `bellows-${tag}-${letters}0`,
    `bellows-${tag}-${letters.slice(1)}`,
    `bellows-${tag}-${letters.toUpperCase()}`,
    `bellows-${tag}-${letters}.`,
    `bellows-${tag}-${letters}.x`,
    `my-bellows-${tag}-${letters}`,
    `bellows-${tag}-my-runner-01`,
    'runner-1',
    '',
  ])('"%s" is not', (name) => {
    expect(vmOfRunnerName(tag, name)).toBeUndefined();
  });
});

const anyTag = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,7}$/);
const anyVm = fc.stringMatching(/^[0-9a-hjkmnp-tv-z]{12}$/);
const anyName = fc.oneof(
  { weight: 3, arbitrary: anyVm.map((vm) => `bellows-${tag}-${vm}`) },
  { weight: 3, arbitrary: fc.tuple(anyTag, anyVm).map(([other, vm]) => `bellows-${other}-${vm}`) },
  { weight: 1, arbitrary: fc.string() },
);
const anyList = fc.array(
  fc.record({ name: anyName.map(runnerName), online: fc.boolean(), busy: fc.boolean() }),
  { maxLength: 20 },
);
const anyLooks = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 25 }).map(runnerId), fc.integer({ max: 2_000 })),
);

test.prop([anyList, anyLooks, fc.boolean()])(
  'whatever is registered, only what is ours, dead and seen dead before is deleted',
  (list, looked, living) => {
    const registrations = list.map((it, index) => ({ ...it, id: runnerId(index) }));
    const looks = new Map(looked.map(([id, seconds]) => [id, instantOf(t0 + Math.max(0, seconds) * 1000)]));
    const plan = planSweep(tag, registrations, () => living, looks, at(2_000));
    for (const { id, name, online, busy } of plan.remove) {
      expect(name).toMatch(new RegExp(`^bellows-${tag}-[0-9a-z]{12}$`));
      expect({ online, busy, living }).toEqual({ online: false, busy: false, living: false });
      expect(at(2_000) - (looks.get(id) ?? at(2_000))).toBeGreaterThanOrEqual(looksApartMs);
    }
    const touched = [...plan.remove, ...plan.remember];
    expect(touched.every(({ name }) => vmOfRunnerName(tag, name) !== undefined)).toBe(true);
  },
);

test.prop([anyTag, anyVm, anyTag])(
  'another installation never takes a name of ours for its own',
  (one, vm, other) => {
    const name = `bellows-${one}-${vm}`;
    expect(vmOfRunnerName(one, name)).toBe(vmId(`vm-${vm}`));
    if (one !== other) expect(vmOfRunnerName(other, name)).toBeUndefined();
  },
);
