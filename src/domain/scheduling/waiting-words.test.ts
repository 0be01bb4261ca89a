import { describe, expect, it } from 'vitest';
import { at, numberedVm, organization, queuedJob, toBusy, toIdle, toPlaced } from '../domain.fixture.ts';
import { runnerId, vmId } from '../ids.ts';
import { labelSet } from '../labels/label-set.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { isToldWrong, wordsForWaiting } from './waiting-words.ts';

const jobs = (...numbers: readonly number[]): readonly Job[] => numbers.map((n) => queuedJob(n));
const wait = (vm: Vm, reason: string) => ({ vm: vm.id, cause: vm.cause, reason });
const said = (...words: Parameters<typeof wordsForWaiting>) =>
  wordsForWaiting(...words).map(({ job, reason }) => [job.id, reason]);

describe('what those who wait are told', () => {
  const [placed, first, second] = [numberedVm(3, toPlaced), numberedVm(1), numberedVm(2)];

  it('is nothing for the oldest, as many as there are VMs with hosts, whoever they were made for', () => {
    expect(
      said(jobs(1, 2, 3), [first, second, placed], [wait(second, 'boots'), wait(first, 'full')]),
    ).toEqual([
      [1, ''],
      [2, 'boots'],
      [3, 'full'],
    ]);
  });

  it('is said to the oldest first, by age and not by the order of the list', () => {
    const old = queuedJob(9, at(-5));
    expect(said([...jobs(1), old], [first, placed], [wait(first, 'full')])).toEqual([
      [9, ''],
      [1, 'full'],
    ]);
  });

  it('is the last reason for those for whom no VM was asked yet', () => {
    expect(said(jobs(1, 2), [first], [wait(first, 'full')])).toEqual([
      [1, 'full'],
      [2, 'full'],
    ]);
  });

  it('is left to whoever holds a job back when no VM of its set waits', () => {
    expect(said(jobs(1), [], [])).toEqual([]);
    expect(said(jobs(1, 2), [placed], [])).toEqual([[1, '']]);
  });

  it('is a matter of each scope and label set', () => {
    const labels = labelSet(['bellows-1cpu-1gb']);
    const scope = organization('other');
    const all = [queuedJob(1), queuedJob(2, at(2), { labels }), queuedJob(3, at(3), { scope })];
    const others = [numberedVm(12, [], { labels }), numberedVm(13, toIdle, { scope })];
    expect(said(all, [first, ...others], [wait(first, 'full'), wait(numberedVm(12), 'no gpu')])).toEqual([
      [1, 'full'],
      [2, 'no gpu'],
      [3, ''],
    ]);
  });

  it('does not count VMs that work, or that GitHub has named with one of the jobs', () => {
    const idle = numberedVm(5, toIdle);
    const taker = queuedJob(2, at(2), {
      knowledge: { before: {}, runner: { id: runnerId(1), name: idle.runnerName } },
    });
    const vms = [numberedVm(6, toBusy), idle, first];
    expect(said([queuedJob(1), taker], vms, [wait(first, 'full')])).toEqual([
      [1, 'full'],
      [2, 'full'],
    ]);
  });
});

describe('a set is told wrong', () => {
  const waits = numberedVm(7);
  const told = (n: number, waitingFor: string) => queuedJob(n, at(n), { waitingFor });

  it('when one believes that it has a VM and has none, or the other way round', () => {
    expect(isToldWrong([told(1, '')], [waits])).toBe(true);
    expect(isToldWrong([told(1, 'full')], [numberedVm(1, toIdle), waits])).toBe(true);
    expect(isToldWrong([told(2, 'full'), told(1, '')], [numberedVm(1, toPlaced), waits])).toBe(false);
    expect(isToldWrong([told(2, ''), told(1, 'full')], [numberedVm(1, toPlaced), waits])).toBe(true);
    expect(isToldWrong([told(1, 'a VM is being asked for')], [waits])).toBe(false);
  });

  it('only while a VM of it waits for a host', () => {
    expect(isToldWrong([told(1, '')], [])).toBe(false);
    expect(isToldWrong([told(1, 'held')], [numberedVm(1, toIdle)])).toBe(false);
  });

  it('not by VMs that are no supply', () => {
    expect(isToldWrong([told(1, 'full')], [numberedVm(1, toBusy), waits])).toBe(false);
    expect(isToldWrong([], [{ ...waits, id: vmId('vm-x') }])).toBe(false);
  });
});
