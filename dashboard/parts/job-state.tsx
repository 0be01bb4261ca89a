import type { ApiJob } from '../../src/wire/api/jobs.ts';
import { type Shape, StateMark, type Tone } from './state-mark.tsx';

type Look = readonly [Shape, Tone, string];

const looks: Readonly<Record<Exclude<ApiJob['state'], 'done'>, Look>> = {
  waiting: ['dash', 'calm', 'Waiting'],
  queued: ['ring', 'calm', 'Queued'],
  running: ['turning', 'live', 'Running'],
  foreign: ['dash', 'calm', 'Not ours'],
  lost: ['dash', 'warn', 'Lost'],
};

const ends: Readonly<Record<string, Look>> = {
  success: ['tick', 'calm', 'Passed'],
  failure: ['cross', 'bad', 'Failed'],
  timed_out: ['cross', 'bad', 'Timed out'],
  cancelled: ['bar', 'calm', 'Cancelled'],
  skipped: ['dash', 'calm', 'Skipped'],
};

export function JobState({ job }: { job: Pick<ApiJob, 'state' | 'conclusion'> }) {
  const [shape, tone, word] =
    job.state === 'done'
      ? (ends[job.conclusion ?? ''] ?? (['dash', 'calm', job.conclusion ?? 'Done'] as const))
      : looks[job.state];
  return <StateMark shape={shape} tone={tone} word={word} />;
}
