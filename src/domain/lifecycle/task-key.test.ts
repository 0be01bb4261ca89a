import { describe, expect, it } from 'vitest';
import { hostId, installationId, jobId, runnerName, vmId } from '../ids.ts';
import { labelKey } from '../labels/label-set.ts';
import { type Scope, scopeKey } from '../scope.ts';
import type { Deadline, Effect } from './effects.ts';
import { idsOf, taskKey } from './task-key.ts';

const acme: Scope = { kind: 'organization', installationId: installationId(7), login: 'Acme', groupId: 1 };
const other: Scope = { ...acme, installationId: installationId(8) };
const vm = vmId('vm-000000000001');
const job = jobId(11);
const name = runnerName('bellows-x-1');

const different: (Effect | Deadline)[] = [
  { kind: 'register-runner', vm },
  { kind: 'register-runner', vm: vmId('vm-000000000002') },
  { kind: 'delete-runner', vm },
  { kind: 'ask-worker', vm },
  { kind: 'vm-deadline', vm },
  { kind: 'forget-runner', vm, scope: acme, runnerName: name },
  { kind: 'forget-runner', vm, scope: other, runnerName: name },
  { kind: 'forget-runner', vm, scope: acme, runnerName: runnerName('bellows-x-2') },
  { kind: 'read-job', job },
  { kind: 'read-job', job: jobId(12) },
  { kind: 'job-deadline', job },
  { kind: 'bind-job', job, scope: acme, runnerName: name, completed: false },
  { kind: 'bind-job', job, scope: acme, runnerName: name, completed: true },
  { kind: 'bind-job', job, scope: other, runnerName: name, completed: true },
  { kind: 'balance', scope: scopeKey(acme), labels: labelKey(['a']) },
  { kind: 'balance', scope: scopeKey(acme), labels: labelKey(['a', 'b']) },
  { kind: 'place' },
  { kind: 'push-host', host: hostId('host-000000000001') },
];

describe('the key of a task', () => {
  it('differs for all that ask for different things', () => {
    expect(new Set(different.map(taskKey)).size).toBe(different.length);
  });

  it('is the same however the object was put together', () => {
    const turned: Scope = {
      groupId: 1,
      login: 'acme',
      installationId: installationId(7),
      kind: 'organization',
    };
    expect(taskKey({ runnerName: name, vm, scope: turned, kind: 'forget-runner' })).toBe(
      taskKey({ kind: 'forget-runner', vm, scope: acme, runnerName: name }),
    );
    expect(taskKey({ kind: 'place' })).toBe('place');
  });
});

it('tells the ids that a log line about it carries', () => {
  expect(idsOf({ kind: 'register-runner', vm: vmId('vm-1') })).toEqual({ vm: 'vm-1' });
  expect(idsOf({ kind: 'job-deadline', job: jobId(7) })).toEqual({ job: 7 });
  expect(idsOf({ kind: 'push-host', host: hostId('host-1') })).toEqual({ host: 'host-1' });
  expect(idsOf({ kind: 'place' })).toEqual({});
});
