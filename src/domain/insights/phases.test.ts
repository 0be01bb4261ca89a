import { describe, expect, test } from 'vitest';
import { jobId, vmId } from '../ids.ts';
import type { HistoryLine } from '../lifecycle/effects.ts';
import { instantOf } from '../time.ts';
import { phaseNames, phaseOwners, phasesOf } from './phases.ts';

const ofJob = (at: number, event: string, data: Record<string, unknown> = {}): HistoryLine => ({
  at: instantOf(at),
  subject: { kind: 'job', id: jobId(1) },
  event,
  data,
});
const ofVm = (at: number, event: string): HistoryLine => ({
  at: instantOf(at),
  subject: { kind: 'vm', id: vmId('vm-1') },
  event,
  data: {},
});

const job = [
  ofJob(1_200, 'heard', { from: 'waiting', to: 'queued', asOf: 1_000 }),
  ofJob(60_000, 'heard', { from: 'running', to: 'done', asOf: 59_000 }),
];
const vm = [
  ofVm(1_300, 'placed'),
  ofVm(1_400, 'process-up'),
  ofVm(1_500, 'registered'),
  ofVm(5_400, 'guest-up'),
  ofVm(6_400, 'runner-listening'),
  ofVm(7_000, 'guest-job-started'),
  ofVm(7_300, 'job-bound'),
  ofVm(61_000, 'proved-gone'),
];

describe('the phases of a job', () => {
  test('follow each other without a gap, from GitHub queueing it to the last of its VM', () => {
    const phases = phasesOf(job, vm);
    expect(phases.map(({ name, ms }) => [name, ms])).toEqual([
      ['delivery', 200],
      ['placing', 100],
      ['starting', 100],
      ['booting', 4_000],
      ['connecting', 1_000],
      ['assigning', 600],
      ['running', 53_000],
      ['clearing', 1_000],
    ]);
    for (const [index, phase] of phases.slice(1).entries()) {
      const before = phases[index];
      expect(phase.start).toBe((before?.start ?? 0) + (before?.ms ?? 0));
    }
  });

  test('that are not over are left out', () => {
    expect(phasesOf(job.slice(0, 1), vm.slice(0, 2)).map(({ name }) => name)).toEqual([
      'delivery',
      'placing',
      'starting',
    ]);
  });

  test('know when the runner listened although GitHub had bound the job before', () => {
    const bound = [ofVm(5_400, 'guest-up'), ofVm(6_900, 'job-bound'), ofVm(6_400, 'agent-runner-listening')];
    expect(phasesOf(job, bound).map(({ name, ms }) => [name, ms])).toContainEqual(['assigning', 500]);
  });

  test('of a job that never had a VM are those that GitHub tells', () => {
    expect(phasesOf(job, []).map(({ name }) => name)).toEqual(['delivery']);
  });

  test("never last less than nothing: GitHub's stamps are whole seconds", () => {
    const early = [ofJob(900, 'heard', { to: 'queued', asOf: 1_000 })];
    expect(phasesOf(early, [])).toEqual([{ name: 'delivery', start: 1_000, ms: 0 }]);
  });

  test('each have an owner', () => {
    expect(Object.keys(phaseOwners)).toEqual([...phaseNames]);
  });
});
