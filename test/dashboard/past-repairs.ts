// A book of repairs as a fortnight with an outage of GitHub's webhooks would leave it.

import { deliveryGuid, type HostId, type JobId, runnerName, vmId } from '../../src/domain/ids.ts';
import type { Repair } from '../../src/domain/repair/repair.ts';
import { hours, type Instant, instantOf, minutes } from '../../src/domain/time.ts';

export function pastRepairs(now: Instant, jobs: readonly JobId[], host: HostId): readonly Repair[] {
  const ago = (ms: number): Instant => instantOf(now - ms);
  const job = (n: number): Repair['subject'] => ({ kind: 'job', id: jobs[n % jobs.length] as JobId });
  const account = { owner: 'acme', data: {} };
  const outage = Array.from({ length: 40 }, (_, n): Repair[] => [
    {
      at: ago(hours(29) - minutes(n)),
      kind: 'delivery-redelivered',
      cause: 'no attempt of it reached us',
      subject: {
        kind: 'delivery',
        id: deliveryGuid(`0c3f1e8a-9a1d-11ef-8c2b-${String(n).padStart(12, '0')}`),
      },
      ...account,
    },
    {
      at: ago(hours(29) - minutes(n) - 20_000),
      kind: 'job-found-by-poll',
      cause: 'no webhook told of it',
      subject: job(n),
      ...account,
    },
  ]).flat();
  return [
    ...outage,
    {
      at: ago(hours(11)),
      kind: 'host-silent',
      cause: 'heard nothing for 60 s',
      subject: { kind: 'host', id: host },
      data: {},
    },
    {
      at: ago(hours(10.9)),
      kind: 'vm-replaced',
      cause: 'host-silent',
      subject: { kind: 'vm', id: vmId('vm-0123456789ab') },
      ...account,
    },
    {
      at: ago(hours(2)),
      kind: 'runner-reregistered',
      cause: 'the answer to its registration was lost',
      subject: { kind: 'runner', id: runnerName('bellows-1a2b3c-0123456789ab-with-a-long-name') },
      ...account,
    },
    { at: ago(minutes(3)), kind: 'job-corrected-by-poll', cause: 'completed', subject: job(7), ...account },
  ];
}
