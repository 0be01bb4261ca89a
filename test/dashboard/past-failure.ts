// A job that failed for want of a DNS server after its first VM did not come up, with the lines that the product writes of such.

import { aJob, aVm } from '../../src/domain/domain.fixture.ts';
import { type HostId, jobId, repositoryId, runId, runnerId, runnerName, vmId } from '../../src/domain/ids.ts';
import type { HistoryLine } from '../../src/domain/lifecycle/effects.ts';
import { type Instant, instantOf, minutes, seconds } from '../../src/domain/time.ts';
import type { Transaction } from '../../src/ports/store.ts';

const id = jobId(899_001);
const runner = runnerName('bellows-past-899001');
const vm = vmId('vm-past-899001');
const lostVm = vmId('vm-past-899000');

export async function putFailedJob(tx: Transaction, now: Instant, host: HostId): Promise<void> {
  const at = (s: number): Instant => instantOf(now - minutes(25) + seconds(s));
  const base = aJob();
  await tx.jobs.insert({
    ...base,
    ...{ id, runId: runId(899_001), name: 'integration', workflowName: 'CI', labels: ['bellows-8cpu-16gb'] },
    headSha: 'b1'.padEnd(40, '0'),
    url: 'https://github.com/acme/shop/actions/runs/899001/job/899001',
    repository: { ...base.repository, id: repositoryId(100), fullName: 'acme/shop' },
    state: 'done',
    waitingFor: '',
    firstSeenAt: at(1),
    since: at(700),
    knowledge: {
      ...base.knowledge,
      started: { at: at(44) },
      runner: { id: runnerId(899_001), name: runner },
      completed: { conclusion: 'failure', at: at(700) },
    },
  });
  const shape = { ...aVm().shape, milliCpus: 8_000, memoryMib: 16_384 };
  const made = { host, cause: id, shape, state: 'gone' as const };
  await tx.vms.insert(
    aVm({
      ...made,
      ...{ id: lostVm, runnerName: runnerName('bellows-past-899000'), requestedAt: at(1), since: at(32) },
      failure: { owner: 'host', reason: 'the guest did not answer within 30 s' },
    }),
  );
  await tx.vms.insert(
    aVm({ ...made, id: vm, attempt: 1, job: id, runnerName: runner, requestedAt: at(33), since: at(703) }),
  );
  const job = { kind: 'job', id } as const;
  const of = { kind: 'vm', id: vm } as const;
  const lines: readonly HistoryLine[] = [
    { at: at(1), subject: job, event: 'heard', data: { status: 'queued', asOf: at(0), heardAt: at(1) } },
    { at: at(34), subject: of, event: 'placed', data: { host } },
    { at: at(35), subject: of, event: 'process-up', data: {} },
    { at: at(38), subject: of, event: 'guest-up', data: {} },
    { at: at(40), subject: of, event: 'runner-listening', data: {} },
    { at: at(44), subject: of, event: 'job-bound', data: { job: id } },
    {
      at: at(690),
      subject: of,
      event: 'agent-usage',
      data: {
        ...{ cpuPercentPeak: 160, memoryMibPeak: 2_380, diskMibPeak: 9_100 },
        ...{ cpuPercentMean: 88, memoryMibMean: 1_310, receivedBytes: 187_300_000, sentBytes: 2_900_000 },
      },
    },
    {
      at: at(698),
      subject: of,
      event: 'guest-says',
      data: { reason: 'cannot resolve pkg.example.com: no answer from 10.0.0.2' },
    },
    { at: at(700), subject: job, event: 'heard', data: { from: 'running', to: 'done' } },
    { at: at(703), subject: of, event: 'proved-gone', data: {} },
  ];
  await tx.history.append(lines);
  await tx.repairs.append([
    {
      at: at(32),
      kind: 'vm-replaced',
      cause: 'guest-silent',
      subject: { kind: 'vm', id: lostVm },
      owner: 'acme',
      data: {},
    },
  ]);
}
