// Two days of samples put through the rules that judge the real ones: what is usual, incidents of GitHub's, of a host and of the
// network that are over, and two that go on.

import type { Incident } from '../../src/domain/attribution/incident.ts';
import type { MeasuredPhase, Owner } from '../../src/domain/attribution/owners.ts';
import { defaultRules } from '../../src/domain/attribution/rules.ts';
import type { Sample, StreamKey } from '../../src/domain/attribution/sample.ts';
import type { Stream } from '../../src/domain/attribution/stream.ts';
import { observe } from '../../src/domain/attribution/watch.ts';
import { type HostId, hostId, type JobId, type LabelKey, runId } from '../../src/domain/ids.ts';
import { hours, type Instant, instantOf, minutes } from '../../src/domain/time.ts';
import type { Store } from '../../src/ports/store.ts';

const stepMs = minutes(2);
const spanMs = hours(48);

/** Middles in ms. */
const usual: Readonly<Partial<Record<MeasuredPhase, number>>> = {
  delivery: 1_100,
  noticing: 60,
  placing: 700,
  starting: 240,
  registering: 640,
  booting: 2_900,
  connecting: 1_400,
  assigning: 1_900,
  running: 180_000,
  clearing: 1_200,
};

interface Fault {
  phase: MeasuredPhase;
  times: number;
  host?: HostId;
  /** Hours before now. */
  from: number;
  to: number;
}

export interface Scene {
  store: Store;
  now: Instant;
  /** The jobs in which it was seen. */
  jobs: readonly JobId[];
  host: HostId;
}

export async function playIncidents({ store, now, jobs, host }: Scene): Promise<void> {
  const faults: readonly Fault[] = [
    { phase: 'delivery', times: 9, from: 30, to: 28 },
    { phase: 'connecting', times: 3, from: 21, to: 20 },
    { phase: 'booting', times: 4, host: hostId('host-of-old'), from: 12, to: 10 },
    { phase: 'booting', times: 2.6, host, from: 1.2, to: 0 },
    { phase: 'registering', times: 7, from: 0.7, to: 0 },
  ];
  const streams = new Map<StreamKey, Stream>();
  const incidents = new Map<string, Incident>();
  for (let at = now - spanMs, n = 0; at <= now; at += stepMs, n++) {
    const samples = [0, 1].flatMap((which) => {
      const about = {
        at: instantOf(at),
        job: jobs[(2 * n + which) % jobs.length] as JobId,
        run: runId(2 * n + which),
        account: (n + which) % 3 === 0 ? 'globex' : 'acme',
        repository: 'acme/shop',
        name: 'CI / build',
        labels: 'bellows-2cpu-4gb' as LabelKey,
        host: which === 0 ? host : hostId('host-of-old'),
      };
      const hoursAgo = (now - at) / hours(1);
      return [...timesOf(about, faults, hoursAgo, n), ...outcomesOf(about, hoursAgo, n)];
    });
    const seen = observe(
      { streams, incidents: [...incidents.values()] },
      instantOf(at),
      samples,
      defaultRules,
    );
    for (const [key, stream] of seen.streams) streams.set(key, stream);
    for (const incident of seen.incidents) incidents.set(incident.id, incident);
  }
  await store.transaction(async (tx) => {
    await tx.lock('repair:attribution');
    // The stage's own jobs take no time at all, and would speak for calm.
    await tx.attribution.forget((await tx.attribution.notes(10_000)).map(({ number }) => number));
    await tx.attribution.putStreams(streams);
    for (const incident of incidents.values()) await tx.attribution.putIncident(incident);
  });
}

type About = Omit<Extract<Sample, { kind: 'time' }>, 'kind' | 'phase' | 'ms'>;

function timesOf(about: About, faults: readonly Fault[], hoursAgo: number, n: number): Sample[] {
  return Object.entries(usual).map(([name, middle], index): Sample => {
    const phase = name as MeasuredPhase;
    const times = faults
      .filter(({ from, to }) => hoursAgo <= from && hoursAgo > to - 0.01)
      .filter((fault) => fault.phase === phase && (fault.host === undefined || fault.host === about.host))
      .reduce((product, fault) => product * fault.times, 1);
    // From 0.8 to 1.25 times the middle, evenly.
    const luck = 0.8 * 1.5625 ** (((n * 37 + index * 11) % 20) / 19);
    return { ...about, kind: 'time', phase, ms: Math.round(middle * luck * times) };
  });
}

/** For an hour a registry refuses every other job, and now and then a name does not resolve. */
function outcomesOf(about: About, hoursAgo: number, n: number): Sample[] {
  const isRefused = hoursAgo <= 8 && hoursAgo > 7 && n % 2 === 0;
  const why = n % 10 === 0 ? 'dns' : 'rate-limited';
  return (['host', 'network', 'github-api', 'workflow'] as const satisfies readonly Owner[]).map(
    (owner, index) =>
      owner === 'network' && isRefused
        ? { ...about, kind: 'outcome', owner, failed: true, class: why }
        : { ...about, kind: 'outcome', owner, failed: (n + index * 13) % 50 === 0 },
  );
}
