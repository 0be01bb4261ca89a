import { describe, expect, test } from 'vitest';
import type { Job } from '../src/domain/lifecycle/job.ts';
import type { Vm } from '../src/domain/lifecycle/vm.ts';
import { type Ended, faults } from './verdict.ts';
import type { Expected } from './workflow.ts';

const bootId = (n: number): string => `0000000${n}-0000-4000-8000-000000000000`;
const wanted = (job: string): Expected => ({
  job,
  conclusion: 'success',
  says: ['hello', /^hello( bye)?$/m],
  neverSays: ['bye'],
});

function ended(
  name: string,
  vm: number,
  change: { log?: string; conclusion?: string; bootId?: string } = {},
): Ended {
  const job = { name, knowledge: { completed: { conclusion: change.conclusion ?? 'success' } } };
  return {
    job: job as unknown as Job,
    vm: { id: `vm-${vm}`, bootId: change.bootId ?? bootId(vm) } as unknown as Vm,
    log: change.log ?? `boot-id=${bootId(vm)}\nhello`,
  };
}

describe('the demo is content', () => {
  test('when each job ended as it should in a VM of its own', () => {
    expect(faults([wanted('a'), wanted('b')], [ended('a', 1), ended('b', 2)])).toEqual([]);
  });
});

describe('the demo complains of', () => {
  test.each<[string, Ended[], RegExp]>([
    ['a job that never came', [ended('a', 1)], /b: it never came/],
    ['a job that nobody asked for', [ended('a', 1), ended('b', 2), ended('c', 3)], /nobody asked for: c/],
    [
      'another end',
      [ended('a', 1), ended('b', 2, { conclusion: 'failure' })],
      /b: failure instead of success/,
    ],
    [
      'a silent log',
      [ended('a', 1), ended('b', 2, { log: `boot-id=${bootId(2)}` })],
      /b: its log does not say "hello"/,
    ],
    [
      'a forbidden word',
      [ended('a', 1), ended('b', 2, { log: `boot-id=${bootId(2)} hello bye` })],
      /b: its log says "bye"/,
    ],
    ['two jobs in one VM', [ended('a', 1), ended('b', 1)], /vm-1 ran a and b/],
    [
      "a boot id that is not the VM's",
      [ended('a', 1), ended('b', 2, { bootId: bootId(3) })],
      /b: ran on boot/,
    ],
    [
      'a log without a boot id',
      [ended('a', 1), ended('b', 2, { log: 'hello' })],
      /b: its log has no boot id/,
    ],
  ])('%s', (_what, all, complaint) => {
    expect(faults([wanted('a'), wanted('b')], all).join('\n')).toMatch(complaint);
  });
});
