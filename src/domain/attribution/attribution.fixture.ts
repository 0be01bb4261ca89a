import { at } from '../domain.fixture.ts';
import { hostId, jobId, type LabelKey, runId } from '../ids.ts';
import { after, type Instant, minutes } from '../time.ts';
import type { Incident } from './incident.ts';
import type { OpenPhase } from './overdue.ts';
import type { MeasuredPhase, Owner } from './owners.ts';
import { defaultRules, type Rules } from './rules.ts';
import type { Sample, StreamKey } from './sample.ts';
import type { Stream } from './stream.ts';
import { observe } from './watch.ts';

const seen = (id: number) => ({
  at: at(0),
  job: jobId(id),
  run: runId(id),
  account: id % 2 === 0 ? 'acme' : 'globex',
  repository: 'acme/app',
  name: 'CI / build',
  labels: 'bellows' as LabelKey,
  host: hostId('host-1'),
});

export const aTime = (id: number, phase: MeasuredPhase, ms: number, over: Partial<Sample> = {}): Sample =>
  ({ ...seen(id), kind: 'time', phase, ms, ...over }) as Sample;
export const anOutcome = (id: number, owner: Owner, failed: boolean, over: Partial<Sample> = {}): Sample =>
  ({ ...seen(id), kind: 'outcome', owner, failed, ...over }) as Sample;

/** Keeps what the rules remember, a minute after the other. */
export function watcher(rules: Rules = defaultRules) {
  const streams = new Map<StreamKey, Stream>();
  const incidents = new Map<string, Incident>();
  let now: Instant = at(0);
  return {
    incidents,
    streams,
    now: () => now,
    minute(samples: readonly Sample[], open: readonly OpenPhase[] = []): void {
      now = after(now, minutes(1));
      const seenNow = observe({ streams, incidents: [...incidents.values()] }, now, samples, rules, open);
      for (const [key, stream] of seenNow.streams) streams.set(key, stream);
      for (const incident of seenNow.incidents) incidents.set(incident.id, incident);
    },
  };
}
