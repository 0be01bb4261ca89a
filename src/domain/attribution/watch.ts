// The rule by which incidents open and close: streams are folded, those that convince alarm, and what a stronger cause
// explains is not counted twice.

import type { Instant } from '../time.ts';
import { explainers, isExplained, isTakenBy, mayBeExplained } from './explained.ts';
import { type Ending, evidenceOf, type Incident, incidentId } from './incident.ts';
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

/** @param samples of one minute, in any order; none is fine too, since incidents also close by silence. */
export function observe(watch: Watch, at: Instant, samples: readonly Sample[], rules: Rules): Observed {
  const streams = new Map<StreamKey, Stream>();
  const current = (key: StreamKey): Stream => streams.get(key) ?? watch.streams.get(key) ?? newStream(at);
  const open = watch.incidents.filter(({ closedAt }) => closedAt === undefined);
  const causes = explainers(open);
  const names = new Map<StreamKey, Named>();
  const told = samples.filter((sample) => !isExplained(sample, causes));
  for (const [key, ofKey] of Map.groupBy(told, streamOf)) {
    const [first] = ofKey;
    const subject = first && subjectOf(first);
    if (key === undefined || first === undefined || subject === undefined) continue;
    names.set(key, { owner: ownerOf(first), subject });
    streams.set(key, fold(current(key), at, ofKey, rules));
  }
  const book = new Map(watch.incidents.map((incident) => [nameOf(incident), incident]));
  const changed = new Map<string, Incident>();
  const put = (incident: Incident): void => {
    book.set(nameOf(incident), incident);
    changed.set(incident.id, incident);
  };
  for (const [key, name] of names) {
    const next = alarmed(current(key), key, at, { watch, streams, causes }, rules);
    streams.set(key, next);
    if (next.alarmedAt === undefined) continue;
    const evidence = evidenceOf(key, next);
    const had = book.get(nameOf(name));
    if (evidence !== undefined) put(withEvidence(had, name, evidence, next, at, rules));
  }
  const causesNow = [...changed.values()].filter(({ openedAt }) => openedAt === at);
  for (const [key, stream] of [...watch.streams, ...streams]) {
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

const nameOf = ({ owner, subject }: Named): string => `${owner} ${subject}`;

interface Around {
  watch: Watch;
  streams: ReadonlyMap<StreamKey, Stream>;
  causes: ReturnType<typeof explainers>;
}

function alarmed(stream: Stream, key: StreamKey, at: Instant, around: Around, rules: Rules): Stream {
  if (stream.alarmedAt !== undefined) {
    const over = stream.calm >= rules.closeAt;
    return over ? calmed(stream) : stream;
  }
  if (!isConvincing(stream, key, rules)) return stream;
  const crossedAt = stream.crossedAt ?? at;
  const doubt = mayBeExplained(key, around.watch.streams, around.streams, at, rules);
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
