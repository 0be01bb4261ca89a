// The small words that everything else is said with.

import { describe, expect, it } from 'vitest';
import { assert, unreachable } from './bug.ts';
import { acme, shape, t0 } from './domain.fixture.ts';
import {
  deliveryGuid,
  hostId,
  imageDigest,
  installationId,
  jobId,
  repositoryId,
  runId,
  runnerId,
  runnerName,
  taskId,
  vmId,
} from './ids.ts';
import { jobStates } from './lifecycle/job.ts';
import { reservingStates, supplyStates, vmStates } from './lifecycle/vm.ts';
import { vcpusOf } from './scheduling/shape.ts';
import { scopeFor, scopeKey, scopeOwner } from './scope.ts';
import { between, days, hours, instantOf, after as later, latest, minutes, seconds, toIso } from './time.ts';

describe('time', () => {
  it('counts milliseconds', () => {
    expect([seconds(2), minutes(2), hours(2), days(2)]).toEqual([2000, 120_000, 7_200_000, 172_800_000]);
    expect(between(t0, later(t0, 5))).toBe(5);
    expect(instantOf(7)).toBe(7);
  });

  it('knows the later of two instants, either of which may be missing', () => {
    const [a, b] = [instantOf(1), instantOf(2)];
    expect(latest(a, b)).toBe(b);
    expect(latest(b, a)).toBe(b);
    expect(latest(a, undefined)).toBe(a);
    expect(latest(undefined, b)).toBe(b);
    expect(latest(undefined, undefined)).toBeUndefined();
  });

  it('is written in UTC', () => {
    expect(toIso(t0)).toBe('2026-03-01T12:00:00.000Z');
  });
});

describe('ids', () => {
  it('are the plain values with a name', () => {
    expect([jobId(1), runId(2), installationId(3), repositoryId(4), runnerId(5)]).toEqual([1, 2, 3, 4, 5]);
    expect([
      vmId('a'),
      hostId('b'),
      runnerName('c'),
      deliveryGuid('d'),
      imageDigest('e'),
      taskId('f'),
    ]).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });
});

describe('a scope', () => {
  const mine = {
    kind: 'repository',
    installationId: installationId(2),
    owner: 'Ada',
    name: 'Engine',
  } as const;

  it('has one text and one owner, in lower case', () => {
    expect(scopeKey(acme)).toBe('org:acme#1');
    expect(scopeKey(mine)).toBe('repo:ada/engine');
    expect([scopeOwner(acme), scopeOwner(mine)]).toEqual(['acme', 'ada']);
  });

  it('of a repository is its organisation with the chosen runner group, or itself when a user owns it', () => {
    const repository = { installationId: installationId(2), fullName: 'Ada/Engine' };
    expect(scopeFor({ ...repository, ownerKind: 'user' }, {})).toEqual(mine);
    expect(scopeFor({ ...repository, ownerKind: 'organization' }, { ada: 7 })).toEqual({
      kind: 'organization',
      installationId: 2,
      login: 'Ada',
      groupId: 7,
    });
    expect(scopeFor({ ...repository, ownerKind: 'organization' }, {})).toMatchObject({ groupId: 1 });
  });
});

describe('a shape', () => {
  it.each([
    [250, 1],
    [1000, 1],
    [1001, 2],
    [4000, 4],
    [0, 1],
  ])('of %d thousandths of a processor shows the guest %d', (milliCpus, vcpus) => {
    expect(vcpusOf({ ...shape, milliCpus })).toBe(vcpus);
  });
});

describe('states', () => {
  it('are sorted by what they hold', () => {
    expect(jobStates).toEqual(['waiting', 'queued', 'running', 'done', 'foreign', 'lost']);
    expect(vmStates.filter((state) => supplyStates.has(state))).toEqual([
      'requested',
      'placed',
      'starting',
      'booted',
      'idle',
    ]);
    expect(vmStates.filter((state) => !reservingStates.has(state))).toEqual(['requested', 'gone']);
  });
});

describe('a bug', () => {
  it('says so', () => {
    expect(() => assert(false, 'two VMs')).toThrow('bug: two VMs');
    expect(() => assert(true, 'two VMs')).not.toThrow();
    expect(() => unreachable({ kind: 'x' } as never)).toThrow('bug: unexpected {"kind":"x"}');
  });
});
