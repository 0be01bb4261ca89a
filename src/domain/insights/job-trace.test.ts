import { describe, expect, it } from 'vitest';
import { hostA, numberedVm, toGone } from '../domain.fixture.ts';
import { jobId, vmId } from '../ids.ts';
import type { HistoryLine } from '../lifecycle/effects.ts';
import { instantOf } from '../time.ts';
import { jobTrace } from './job-trace.ts';

const ofJob = (at: number, to: string, asOf: number): HistoryLine => ({
  at: instantOf(at),
  subject: { kind: 'job', id: jobId(1) },
  event: 'heard',
  data: { to, asOf },
});
const ofVm = (at: number, event: string): HistoryLine => ({
  at: instantOf(at),
  subject: { kind: 'vm', id: vmId('vm-0001') },
  event,
  data: {},
});
const job = [ofJob(1_200, 'queued', 1_000)];
const lines = [ofVm(1_300, 'placed'), ofVm(1_400, 'process-up')];
const vm = numberedVm(1, toGone);

describe('the trace of a job', () => {
  it('has a span for the whole and one for each phase, with whose it is', () => {
    expect(jobTrace(vm, job, lines)).toEqual({
      job: 1,
      start: 1_000,
      end: 1_400,
      attributes: {
        'bellows.job.id': 1,
        'bellows.vm.id': 'vm-0001',
        'bellows.owner': 'acme',
        'bellows.host.id': hostA,
      },
      spans: [
        { name: 'delivery', start: 1_000, end: 1_200, attributes: { 'bellows.phase.owner': 'github' } },
        { name: 'placing', start: 1_200, end: 1_300, attributes: { 'bellows.phase.owner': 'fleet' } },
        { name: 'starting', start: 1_300, end: 1_400, attributes: { 'bellows.phase.owner': 'host' } },
      ],
    });
  });

  it('names no host where there was none', () => {
    const { host: _, ...homeless } = vm;
    expect(Object.keys(jobTrace(homeless, job, lines)?.attributes ?? {})).not.toContain('bellows.host.id');
  });

  it('is none of a VM without a job, nor where nothing was measured', () => {
    const { job: _, ...idle } = vm;
    expect(jobTrace(idle, job, lines)).toBeUndefined();
    expect(jobTrace(vm, [], [])).toBeUndefined();
  });
});
