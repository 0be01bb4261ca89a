// The rule by which incidents open and close: streams are folded, those that convince alarm, and what a stronger cause
// explains is not counted twice.

import type { Instant } from '../time.ts';
import { type Explainers, explainers, isExplained, isTakenBy, mayBeExplained } from './explained.ts';
import { type Ending, evidenceOf, type Incident, incidentId } from './incident.ts';
import { type OpenPhase, type Pending, pendingOf, withPending } from './overdue.ts';
import type { Owner } from './owners.ts';
import type { Rules } from './rules.ts';
import { ownerOf, type Sample, type StreamKey, type Subject, streamOf, subjectOf } from './sample.ts';
import { adopted, calmed, fold, isConvincing, newStream, type Stream } from './stream.ts';

export interface Watch {
  readonly streams: ReadonlyMap<StreamKey, Stream>;
  /** Those that are open, and those that closed lately. */
  readonly incidents: readonly Incident[];
}

export interface Observed {
  /** What is different now; everything else stays as it was. */
  readonly streams: ReadonlyMap<StreamKey, Stream>;
  readonly incidents: readonly Incident[];
}

interface Named {
  owner: Owner;
  subject: Subject;
}

/**
 * @param samples of one minute, in any order; none is fine too, since incidents also close by silence.
 * @param open what goes on now and may be overdue, in any order.
 */
export function observe(
  watch: Watch,
  at: Instant,
  samples: readonly Sample[],
  rules: Rules,
  open: readonly OpenPhase[] = [],
): Observed {
  const causes = explainers(watch.incidents.filter(({ closedAt }) => closedAt === undefined));
  const folded = foldAll(watch, at, { samples, open }, causes, rules);
  const { streams, current, names, pending } = folded;
  const book = new Map(watch.incidents.map((incident) => [nameOf(incident), incident]));
  const changed = new Map<string, Incident>();
  const put = (incident: Incident): void => {
    book.set(nameOf(incident), incident);
    changed.set(incident.id, incident);
  };
  for (const [key, name] of names) {
    const next = alarmed(current(key), key, at, { watch, ...folded }, rules);
    streams.set(key, next);
    if (next.alarmedAt === undefined) continue;
    const whole = withPending(next, pending.get(key), at);
    const evidence = evidenceOf(key, whole);
    const had = book.get(nameOf(name));
    if (evidence !== undefined) put(withEvidence(had, name, evidence, whole, at, rules));
  }
  const causesNow = [...changed.values()].filter(({ openedAt }) => openedAt === at);
  const known = causesNow.length === 0 ? [] : [...watch.streams, ...streams];
  for (const [key, stream] of known) {
    const isTaken = causesNow.some(({ owner }) => isTakenBy(key, owner));
    if (isTaken && stream.evidence > 0 && current(key).alarmedAt === undefined)
      streams.set(key, calmed(current(key)));
  }
  for (const incident of book.values()) {
    if (incident.closedAt !== undefined) continue;
    const ended = endOf(incident, current, at, rules);
    if (ended === undefined) continue;
    for (const { stream } of incident.evidence) {
      const last = current(stream);
      streams.set(stream, ended === 'usual' ? adopted(last, at) : calmed(last));
    }
    put({ ...incident, closedAt: at, ending: ended });
  }
  return { streams, incidents: [...changed.values()] };
}

interface Folded {
  /** Those that are different now. */
  streams: Map<StreamKey, Stream>;
  current: (key: StreamKey) => Stream;
  /** Those of which something was seen. */
  names: ReadonlyMap<StreamKey, Named>;
  pending: ReadonlyMap<StreamKey, Pending>;
}

function foldAll(
  watch: Watch,
  at: Instant,
  told: { samples: readonly Sample[]; open: readonly OpenPhase[] },
  causes: Explainers,
  rules: Rules,
): Folded {
  const streams = new Map<StreamKey, Stream>();
  const current = (key: StreamKey): Stream => streams.get(key) ?? watch.streams.get(key) ?? newStream(at);
  const names = new Map<StreamKey, Named>();
  const pending = new Map<StreamKey, Pending>();
  const over = byStream(told.samples.filter((sample) => !isExplained(sample, causes)));
  const open = byStream(told.open);
  const left = [...watch.streams].flatMap(([key, stream]) => (stream.pending === undefined ? [] : [key]));
  for (const key of new Set([...over.keys(), ...open.keys(), ...left])) {
    const [samples, goingOn] = [over.get(key) ?? [], open.get(key) ?? []];
    const before = current(key);
    const late = pendingOf(before, goingOn, rules);
    if (samples.length === 0 && late === undefined && before.pending === undefined) continue;
    const isTold = !goingOn.some((sample) => isExplained(sample, causes));
    const name = nameIn(samples[0] ?? goingOn[0]);
    if (name !== undefined) names.set(key, name);
    if (late !== undefined && isTold) pending.set(key, late);
    streams.set(key, fold(before, key, at, samples, rules, { gain: late?.gain ?? 0, isTold }));
  }
  return { streams, current, names, pending };
}

function byStream<Kind extends Sample>(samples: readonly Kind[]): ReadonlyMap<StreamKey, readonly Kind[]> {
  const found = Map.groupBy(samples, streamOf);
  found.delete(undefined);
  return found as ReadonlyMap<StreamKey, readonly Kind[]>;
}

function nameIn(sample: Sample | undefined): Named | undefined {
  const subject = sample && subjectOf(sample);
  return subject && { owner: ownerOf(sample), subject };
}

const nameOf = ({ owner, subject }: Named): string => `${owner} ${subject}`;

function alarmed(
  stream: Stream,
  key: StreamKey,
  at: Instant,
  { watch, streams, pending }: Folded & { watch: Watch },
  rules: Rules,
): Stream {
  if (stream.alarmedAt !== undefined) {
    const over = stream.calm >= rules.closeAt;
    return over ? calmed(stream) : stream;
  }
  if (!isConvincing(withPending(stream, pending.get(key), at), key, rules)) return stream;
  const crossedAt = stream.crossedAt ?? at;
  const doubt = mayBeExplained(key, watch.streams, streams, at, rules);
  if (doubt && at - crossedAt < rules.patienceMs) return { ...stream, crossedAt };
  return { ...stream, crossedAt, alarmedAt: at, calm: 0 };
}

function withEvidence(
  had: Incident | undefined,
  { owner, subject }: Named,
  evidence: Incident['evidence'][number],
  { spell }: Stream,
  at: Instant,
  rules: Rules,
): Incident {
  const since = spell?.since ?? at;
  const again = had?.closedAt !== undefined && at - had.closedAt > rules.sameWithinMs;
  if (had === undefined || again)
    return { id: incidentId(owner, subject, at), owner, subject, since, openedAt: at, evidence: [evidence] };
  const { closedAt: _closed, ending: _ending, ...rest } = had;
  const others = had.evidence.filter(({ stream }) => stream !== evidence.stream);
  return { ...rest, evidence: [...others, evidence] };
}

/** Undefined: it goes on. */
function endOf(
  { openedAt, evidence }: Incident,
  current: (key: StreamKey) => Stream,
  at: Instant,
  rules: Rules,
): Ending | undefined {
  const live = evidence.map(({ stream }) => current(stream)).filter((it) => it.alarmedAt !== undefined);
  if (live.length === 0) return 'calm';
  if (live.every(({ lastAt }) => at - lastAt >= rules.silenceMs)) return 'silence';
  return at - openedAt >= rules.adoptedAfterMs ? 'usual' : undefined;
}
