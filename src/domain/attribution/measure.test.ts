import { describe, expect, test } from 'vitest';
import { aJob, at } from '../domain.fixture.ts';
import { hostId, jobId, vmId } from '../ids.ts';
import { labelKey } from '../labels/label-set.ts';
import type { HistoryLine } from '../lifecycle/effects.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { instantOf } from '../time.ts';
import { awaitsItsLog } from './known-failure.ts';
import { samplesOfEnd, samplesOfStart, samplesOfVm } from './measure.ts';
import type { Sample } from './sample.ts';

const job = aJob({ id: jobId(1) });
const t = (ms: number) => instantOf(at(0) + ms);
const vm: Vm = {
  ...({} as Vm),
  id: vmId('vm-1'),
  cause: job.id,
  attempt: 0,
  requestedAt: t(1_300),
  host: hostId('host-1'),
};
const ofVm = (ms: number, event: string, data: Record<string, unknown> = {}): HistoryLine => ({
  at: t(ms),
  subject: { kind: 'vm', id: vm.id },
  event,
  data,
});
const heard: HistoryLine = {
  at: t(1_250),
  subject: { kind: 'job', id: job.id },
  event: 'heard',
  data: { source: 'delivery', status: 'queued', asOf: t(0), heardAt: t(1_200) },
};
const vmLines = [
  ofVm(1_400, 'placed'),
  ofVm(1_600, 'process-up'),
  ofVm(2_200, 'registered'),
  ofVm(5_600, 'guest-up'),
  ofVm(6_600, 'runner-listening'),
  ofVm(7_300, 'job-bound'),
  ofVm(60_000, 'job-completed'),
  ofVm(61_000, 'proved-gone'),
];
const times = (samples: readonly Sample[]) =>
  samples.flatMap((sample) => (sample.kind === 'time' ? [[sample.phase, sample.ms]] : []));
const reasons = (samples: readonly Sample[]) =>
  samples.flatMap((sample) =>
    sample.kind === 'outcome' && sample.failed ? [[sample.owner, sample.class]] : [],
  );
const failures = (samples: readonly Sample[]) =>
  samples.flatMap((sample) => (sample.kind === 'outcome' && sample.failed ? [sample.owner] : []));

describe('what is measured', () => {
  test('when a VM is given its job is all before the job itself', () => {
    expect(times(samplesOfStart({ job, jobLines: [heard], vm, vmLines }))).toEqual([
      ['delivery', 1_200],
      ['noticing', 100],
      ['placing', 100],
      ['starting', 200],
      ['registering', 600],
      ['booting', 4_000],
      ['connecting', 1_000],
      ['assigning', 700],
    ]);
  });

  test('says nothing of GitHub’s webhook before there was one that told of the queue', () => {
    const phases = (jobLines: readonly HistoryLine[], of: Vm | undefined = vm) =>
      times(samplesOfStart({ job, jobLines, ...(of && { vm: of }), vmLines })).map(([phase]) => phase);
    const late = ['placing', 'starting', 'registering', 'booting', 'connecting', 'assigning'];
    expect(phases([])).toEqual(late);
    const told = (over: Record<string, unknown>, event = 'heard') => ({
      ...heard,
      event,
      data: { ...heard.data, ...over },
    });
    expect(phases([told({ source: 'read' })])).toEqual(late);
    expect(phases([told({}, 'bound')])).toEqual(late);
    expect(phases([told({ status: 'in_progress' })])).toEqual(late);
    expect(phases([told({ source: 'read' }), heard])).toEqual(['delivery', 'noticing', ...late]);
  });

  test('of a second VM for the same job says nothing of how soon that was noticed', () => {
    const second = { ...vm, attempt: 1 };
    const phases = times(samplesOfStart({ job, jobLines: [heard], vm: second, vmLines })).map(
      ([phase]) => phase,
    );
    expect(phases).not.toContain('noticing');
    expect(phases).toContain('placing');
  });

  test('without a VM is the webhook only', () => {
    const samples = samplesOfStart({ job, jobLines: [heard], vmLines: [] });
    expect(times(samples)).toEqual([['delivery', 1_200]]);
    expect(samples[0]).not.toHaveProperty('host');
  });

  test('of a runner that was there before its job counts from when the job was queued', () => {
    const queuedAt = (ms: number) => ({
      ...heard,
      data: { ...heard.data, asOf: t(ms), heardAt: t(ms + 100) },
    });
    const waited = (ms: number) =>
      times(samplesOfStart({ job, jobLines: [queuedAt(ms)], vm, vmLines })).find(
        ([phase]) => phase === 'assigning',
      );
    expect(waited(7_000)).toEqual(['assigning', 300]);
    expect(waited(5_000)).toEqual(['assigning', 700]);
    const unheard = vmLines.filter(({ event }) => event !== 'runner-listening');
    expect(
      times(samplesOfStart({ job, jobLines: [heard], vm, vmLines: unheard })).map(([phase]) => phase),
    ).not.toContain('assigning');
  });

  test('is counted by account, repository, labels and name, in small letters where GitHub’s do not matter', () => {
    const big = { ...job, repository: { ...job.repository, fullName: 'Acme/App' }, name: 'b'.repeat(300) };
    const [sample] = samplesOfStart({ job: big, jobLines: [heard], vm, vmLines });
    expect(sample).toMatchObject({
      ...{ at: t(1_200), job: job.id, run: job.runId, account: 'acme', repository: 'acme/app' },
      ...{ labels: labelKey(job.labels), host: 'host-1' },
    });
    expect(sample?.name).toBe(`CI / ${'b'.repeat(195)}`);
  });

  test('of a phase between GitHub’s whole seconds and our own time is never below nothing', () => {
    const early = { ...heard, data: { ...heard.data, asOf: t(1_900), heardAt: t(1_200) } };
    expect(times(samplesOfStart({ job, jobLines: [early], vm, vmLines }))[0]).toEqual(['delivery', 0]);
  });

  test('of a VM that was made for another job says nothing of how soon this one was noticed', () => {
    const other = { ...vm, cause: jobId(2) };
    expect(
      times(samplesOfStart({ job, jobLines: [heard], vm: other, vmLines })).map(([phase]) => phase),
    ).not.toContain('noticing');
  });

  test('when a job is over is its own time, and the workflow’s failure only when nobody else’s', () => {
    const over = (conclusion: 'success' | 'failure' | 'cancelled') => ({
      ...job,
      knowledge: { ...job.knowledge, started: { at: at(10) }, completed: { conclusion, at: at(70) } },
    });
    const known = { jobLines: [], vm, vmLines: [] };
    const passed = samplesOfEnd({ job: over('success'), ...known });
    expect(times(passed)).toEqual([['running', 60_000]]);
    expect(passed[1]).toMatchObject({ kind: 'outcome', owner: 'workflow', failed: false, at: at(70) });
    expect(samplesOfEnd({ job, ...known })).toEqual([]);
    const { started: _, ...never } = over('success').knowledge;
    expect(samplesOfEnd({ job: { ...job, knowledge: never }, ...known })).toEqual([]);
    expect(failures(samplesOfEnd({ job: over('failure'), ...known }))).toEqual(['workflow']);
    expect(samplesOfEnd({ job: over('cancelled'), ...known })).toEqual([]);
    const lost = [ofVm(50_000, 'host-failed', { reason: 'the VMM died' })];
    expect(samplesOfEnd({ job: over('failure'), ...known, vmLines: lost })).toEqual([]);
  });

  test('when a VM is gone is how long that took, and who failed it', () => {
    expect(times(samplesOfVm({ job, jobLines: [], vm, vmLines }))).toEqual([['clearing', 1_000]]);
    expect(failures(samplesOfVm({ job, jobLines: [], vm, vmLines }))).toEqual([]);
    expect(samplesOfVm({ job, jobLines: [], vmLines })).toEqual([]);
    const idle = vmLines.filter(({ event }) => event !== 'job-completed');
    expect(times(samplesOfVm({ job, jobLines: [], vm, vmLines: idle }))).toEqual([]);
    // Each of those who may fail a VM did or did not.
    expect(samplesOfVm({ job, jobLines: [], vm, vmLines: idle })).toMatchObject(
      ['host', 'network', 'bellows', 'github-api'].map((owner) => ({
        ...{ kind: 'outcome', owner, failed: false, at: t(61_000), job: job.id },
      })),
    );
    const failed: Vm = { ...vm, failure: { reason: 'no', owner: 'github' } };
    expect(failures(samplesOfVm({ job, jobLines: [], vm: failed, vmLines }))).toEqual(['github-api']);
    expect(samplesOfVm({ job, jobLines: [], vm, vmLines: [] })).toEqual([]);
  });

  test('follows what a failed job’s log told: its class, and whose that is', () => {
    const told = (data: Record<string, unknown>): readonly HistoryLine[] => [
      { at: t(70_000), subject: { kind: 'job', id: job.id }, event: 'log-read', data },
    ];
    const completed = { conclusion: 'failure', at: at(60) } as const;
    const over = { ...job, knowledge: { ...job.knowledge, started: { at: at(10) }, completed } };
    const known = { job: over, vm: { ...vm, job: job.id }, vmLines };
    const full = { ...known, jobLines: told({ class: 'disk-full' }) };
    expect(reasons(samplesOfEnd(full))).toEqual([['workflow', 'disk-full']]);
    expect(reasons(samplesOfVm(full))).toEqual([]);
    const limited = { ...known, jobLines: told({ class: 'rate-limited' }) };
    expect(samplesOfEnd(limited)).toEqual([]);
    expect(reasons(samplesOfVm(limited))).toEqual([['network', 'rate-limited']]);
    // Of a VM that was made for this job and ran another one, its log says nothing.
    expect(reasons(samplesOfVm({ ...limited, vm }))).toEqual([]);
  });

  test('of a VM that failed, what its host said is the class, where it is the same one’s', () => {
    const failedBy = (owner: 'host' | 'bellows', reason: string) =>
      reasons(samplesOfVm({ job, jobLines: [], vm: { ...vm, failure: { owner, reason } }, vmLines }));
    expect(failedBy('host', 'host-disk-full')).toEqual([['host', 'host-disk-full']]);
    expect(failedBy('bellows', 'host-disk-full')).toEqual([['bellows', undefined]]);
    expect(failedBy('host', 'nobody knows')).toEqual([['host', undefined]]);
  });

  test('waits for a log that may be had soon, and no longer', () => {
    const completed = { conclusion: 'failure', at: at(60) } as const;
    const over = { ...job, knowledge: { ...job.knowledge, started: { at: at(10) }, completed } };
    const known = { job: over, jobLines: [], vm, vmLines };
    expect(awaitsItsLog(known, at(61))).toBe(true);
    expect(awaitsItsLog(known, at(95))).toBe(false);
    const line = { at: at(62), subject: { kind: 'job', id: job.id }, event: 'log-read' } as const;
    expect(awaitsItsLog({ ...known, jobLines: [{ ...line, data: { class: 'workflow' } }] }, at(62))).toBe(
      false,
    );
    const lost = [ofVm(50_000, 'host-failed', { reason: 'the VMM died' })];
    expect(awaitsItsLog({ ...known, vmLines: lost }, at(61))).toBe(false);
    const fine = { ...over.knowledge, completed: { ...completed, conclusion: 'success' as const } };
    expect(awaitsItsLog({ ...known, job: { ...over, knowledge: fine } }, at(61))).toBe(false);
  });
});
