// Plays one week to the rules, a minute after the other as the control plane does, and compares the incidents that they open
// with what went wrong.

import type { Incident } from '../../src/domain/attribution/incident.ts';
import { isPastUsual, type OpenPhase } from '../../src/domain/attribution/overdue.ts';
import type { Rules } from '../../src/domain/attribution/rules.ts';
import { type Sample, type StreamKey, streamOf } from '../../src/domain/attribution/sample.ts';
import type { Stream } from '../../src/domain/attribution/stream.ts';
import { observe } from '../../src/domain/attribution/watch.ts';
import { hostId, jobId, type LabelKey, runId } from '../../src/domain/ids.ts';
import { instantOf } from '../../src/domain/time.ts';
import { type Cause, causes, type Fault } from './faults.ts';
import { faultsFrom, isHealthy, type Told, type Week, weekEnd, weekStart } from './week.ts';
import type { Phase } from './world.ts';

export interface Verdict {
  seed: number;
  healthy: boolean;
  faults: number;
  found: number;
  opened: number;
  /** Incidents that were nobody's fault, or were laid at the wrong door. */
  wrong: number;
  /** Minutes from the first job that a fault touched, and from its own beginning. */
  minutes: readonly number[];
  minutesFromOnset: readonly number[];
  /** By the true owner, `nobody` among them: how often each owner was blamed, or `missed`. */
  confusion: ReadonlyMap<string, number>;
  missed: readonly string[];
  /** Those that took longer than the goal. */
  late: readonly string[];
  mistaken: readonly string[];
}

const minuteMs = 60_000;
const goalMinutes = 10;
/** What a fault began may be seen until its last jobs are over. */
const lateMs = 90 * minuteMs;

export function judgeWeek(week: Week, rules: Rules): Verdict {
  const incidents = incidentsOf(week, rules);
  const free = new Set(incidents);
  const confusion = new Map<string, number>();
  const count = (truth: string, said: string): void =>
    void confusion.set(`${truth} ${said}`, (confusion.get(`${truth} ${said}`) ?? 0) + 1);
  const minutes: number[] = [];
  const minutesFromOnset: number[] = [];
  const missed: string[] = [];
  const late: string[] = [];
  // A fault that no job met cannot be seen by anybody.
  const faults = week.faults.filter(({ firstTouchedAt }) => firstTouchedAt !== undefined);
  for (const fault of faults) {
    const [first, ...more] = incidents.filter((it) => free.has(it) && isOf(it, fault));
    if (first === undefined) {
      count(fault.cause, 'missed');
      missed.push(inWords(fault));
      continue;
    }
    for (const one of [first, ...more]) free.delete(one);
    count(fault.cause, first.owner);
    minutes.push(Math.max(0, first.openedAt - (fault.firstTouchedAt ?? fault.from)) / minuteMs);
    minutesFromOnset.push(Math.max(0, first.openedAt - fault.from) / minuteMs);
    const took = minutes.at(-1) ?? 0;
    if (took > goalMinutes)
      late.push(`${took.toFixed(1)} min: ${inWords(fault)}, by ${evidenceInWords(first)}`);
  }
  const mistaken: string[] = [];
  for (const incident of free) {
    const { owner, subject, openedAt } = incident;
    const actual = faults.find(({ from, to }) => openedAt >= from && openedAt <= to + lateMs);
    count(actual?.cause ?? 'nobody', owner);
    mistaken.push(
      `${owner} ${subject} by ${evidenceInWords(incident)} during ${actual?.cause ?? 'nothing'} at ${inWeek(openedAt)}`,
    );
  }
  return {
    ...{ seed: week.seed, healthy: isHealthy(week.seed), faults: faults.length, found: minutes.length },
    ...{
      opened: incidents.length,
      wrong: free.size,
      minutes,
      minutesFromOnset,
      confusion,
      missed,
      late,
      mistaken,
    },
  };
}

function inWords({ cause, subject, slower, failing, waiting, from, to }: Fault): string {
  const does = JSON.stringify({ ...slower, failing, waiting });
  return `${cause} ${subject} ${does} from ${inWeek(from)} for ${Math.round((to - from) / minuteMs)} min`;
}

const inWeek = (at: number): string => new Date(at).toISOString().slice(8, 16);

const evidenceInWords = ({ evidence }: Incident): string =>
  evidence.map(({ what, ratio, jobs }) => `${what} x${ratio} of ${jobs}`).join(', ');

function incidentsOf({ told }: Week, rules: Rules): readonly Incident[] {
  const streams = new Map<StreamKey, Stream>();
  const incidents = new Map<string, Incident>();
  let next = 0;
  const openAt = openPhases(told, streams);
  for (let at = weekStart + minuteMs; at <= weekEnd; at += minuteMs) {
    const samples: Sample[] = [];
    for (let line = told[next]; line !== undefined && line.at < at; line = told[next]) {
      samples.push(...samplesOf(line));
      next += 1;
    }
    const lately = [...incidents.values()].filter(
      ({ closedAt }) => closedAt === undefined || at - closedAt < rules.sameWithinMs * 2,
    );
    const open = openAt(at);
    if (samples.length === 0 && lately.length === 0 && open.length === 0) continue;
    const observed = observe({ streams, incidents: lately }, instantOf(at), samples, rules, open);
    for (const [key, stream] of observed.streams) streams.set(key, stream);
    for (const incident of observed.incidents) incidents.set(incident.id, incident);
  }
  return [...incidents.values()]
    .filter(({ openedAt }) => openedAt >= faultsFrom)
    .sort((a, b) => a.openedAt - b.openedAt);
}

/** Phases that a control plane sees while they go on; of the others it hears when they are over. */
const seenOpen: ReadonlySet<Phase> = new Set([
  'placing',
  'starting',
  'registering',
  'booting',
  'connecting',
  'assigning',
  'running',
  'clearing',
]);

/** What goes on at a time and may be late; to be asked with later and later times. */
function openPhases(
  told: readonly Told[],
  streams: ReadonlyMap<StreamKey, Stream>,
): (at: number) => readonly OpenPhase[] {
  const byStart = told
    .flatMap((line) => {
      const { at, phase, ms } = line;
      if (phase === undefined || ms === undefined || !seenOpen.has(phase)) return [];
      // What begins and ends between two looks is never seen while it goes on.
      if (Math.floor((at - ms) / minuteMs) === Math.floor(at / minuteMs)) return [];
      return [openOf(line, phase, ms)];
    })
    .sort((a, b) => a.from - b.from || a.sample.job - b.sample.job);
  let next = 0;
  let open: typeof byStart = [];
  return (at) => {
    open = open.filter(({ to }) => to >= at);
    for (let one = byStart[next]; one !== undefined && one.from < at; one = byStart[next]) {
      if (one.to >= at) open.push(one);
      next += 1;
    }
    return open
      .map(({ sample, key, from }) => ({ key, now: { ...sample, at: instantOf(at), ms: at - from } }))
      .filter(({ key, now }) => isPastUsual(streams.get(key), now))
      .map(({ now }) => now);
  };
}

function openOf(line: Told, phase: Phase, ms: number) {
  const sample: OpenPhase = { ...seenOf(line), kind: 'time', phase, ms: 0 };
  const key = streamOf(sample);
  if (key === undefined) throw new Error('bug: a phase of the bench is of no stream');
  return { sample, key, from: line.at - ms, to: line.at };
}

const isOf = (incident: Incident, fault: Week['faults'][number]): boolean =>
  incident.owner === fault.cause &&
  incident.openedAt >= fault.from &&
  incident.openedAt <= fault.to + lateMs &&
  (fault.subject === 'all' || incident.subject.endsWith(`:${fault.subject}`));

const seenOf = ({ at, job, run, repository, kind, host }: Told) => ({
  at: instantOf(at),
  job: jobId(job),
  run: runId(run),
  account: repository.account,
  repository: repository.name,
  name: kind.name,
  labels: repository.labels as LabelKey,
  host: hostId(host),
});

function samplesOf(line: Told): readonly Sample[] {
  const { phase, ms, outcome } = line;
  const seen = seenOf(line);
  if (phase !== undefined && ms !== undefined) return [{ ...seen, kind: 'time', phase, ms }];
  if (outcome === undefined) return [];
  const { failedBy } = outcome;
  // The workflow has not failed a job that somebody else kept from running.
  const asked: readonly Cause[] =
    failedBy === undefined || failedBy === 'workflow' ? judged : judged.filter((it) => it !== 'workflow');
  return asked.map((owner) => ({ ...seen, kind: 'outcome', owner, failed: owner === failedBy }));
}

/** Those who can fail a job. */
const judged: readonly Cause[] = causes.filter(
  (cause) => cause !== 'fleet' && cause !== 'github-delivery' && cause !== 'github-assignment',
);
