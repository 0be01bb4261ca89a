// One thing that was seen of one job: how long a phase took, or whether somebody failed it.

import type { HostId, JobId, LabelKey, RunId } from '../ids.ts';
import type { DurationMs, Instant } from '../time.ts';
import type { FailureClass } from './failure-class.ts';
import { type MeasuredPhase, type Owner, phaseRules } from './owners.ts';

interface Seen {
  /** When it was over, or for a phase that is long overdue, when that was seen. */
  at: Instant;
  job: JobId;
  run: RunId;
  /** Lower-cased account. */
  account: string;
  /** `owner/name`, lower-cased. */
  repository: string;
  /** The job by its workflow and name. */
  name: string;
  labels: LabelKey;
  host?: HostId;
}

export type Sample = Seen &
  (
    | { kind: 'time'; phase: MeasuredPhase; ms: DurationMs }
    /** `failed`: it was this owner's doing that the job, or a VM for it, failed; `class` says why, as far as it is known. */
    | { kind: 'outcome'; owner: Owner; failed: boolean; class?: FailureClass }
  );

/** What one sample adds: a value, what is usual for it in ms (times only), and how much it counts. */
export interface Weighed<Of extends Sample = Sample> {
  sample: Of;
  x: number;
  usualMs?: DurationMs;
}

/** What an incident is about: everything, one host, one label set, or one repository. As text: `host:host-1`. */
export type Subject = 'all' | `${'host' | 'labels' | 'repository'}:${string}`;

/** What is watched as one: a phase or the failures of an owner, of one subject. */
export type StreamKey = `${'time' | 'fail'} ${string} ${Subject}`;

export const ownerOf = (sample: Sample): Owner =>
  sample.kind === 'time' ? phaseRules[sample.phase].owner : sample.owner;

/** Undefined for a sample that lacks what it would be counted by. */
export function subjectOf(sample: Sample): Subject | undefined {
  const by = sample.kind === 'time' ? phaseRules[sample.phase].by : failuresBy(sample.owner);
  switch (by) {
    case 'all':
      return 'all';
    case 'host':
      return sample.host === undefined ? undefined : `host:${sample.host}`;
    case 'labels':
      return `labels:${sample.labels}`;
    case 'repository':
      return `repository:${sample.repository}`;
  }
}

export function streamOf(sample: Sample): StreamKey | undefined {
  const subject = subjectOf(sample);
  if (subject === undefined) return undefined;
  return sample.kind === 'time' ? `time ${sample.phase} ${subject}` : `fail ${sample.owner} ${subject}`;
}

const failuresBy = (owner: Owner): 'all' | 'host' | 'repository' =>
  owner === 'host' ? 'host' : owner === 'workflow' ? 'repository' : 'all';
