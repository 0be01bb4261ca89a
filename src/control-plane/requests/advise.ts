import type { Caller } from '../../domain/access/caller.ts';
import { type Advice, adviceFor, labelFor, sizeAmong } from '../../domain/insights/advice.ts';
import { wholeWeeks } from '../../domain/insights/calendar.ts';
import { days } from '../../domain/time.ts';
import type { MeasuredJob } from '../../ports/insight-tables.ts';
import { type ApiAnswer, answered } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';
import { ownersCounted } from './tallies.ts';

type Answer = AnswerOf<'advise'>;

interface Advised {
  job: MeasuredJob;
  label: string;
  advice: Advice;
  advisedLabel: string;
}

export async function advise(
  { store, clock }: Pick<RequestDeps, 'store' | 'clock'>,
  { query }: RequestOf<'advise'>,
  caller: Caller,
): Promise<ApiAnswer<Answer>> {
  const period = wholeWeeks(clock.now(), query.days);
  const jobs = await store.transaction((tx) =>
    tx.insights.measured(period, ownersCounted(caller, query.owner)),
  );
  const advised = jobs
    .flatMap((job) => advisedFor(job) ?? [])
    .sort((a, b) => freedOf(b) - freedOf(a) || (a.job.repository < b.job.repository ? -1 : 1));
  const share = (value: (one: Advised) => number): number =>
    Math.round(
      advised.reduce((sum, one) => sum + value(one) * one.job.ms, 0) / days(period.to - period.from),
    );
  return answered({
    count: advised.length,
    advice: advised.slice(0, query.limit).map(describe),
    frees: {
      milliCpus: share(({ advice }) => advice.frees.milliCpus),
      memoryMib: share(({ advice }) => advice.frees.memoryMib),
    },
  });
}

/** Memory over time: that is what a host runs out of. */
const freedOf = ({ job, advice }: Advised): number =>
  advice.frees.memoryMib * job.ms + advice.frees.milliCpus;

function advisedFor(job: MeasuredJob): Advised | undefined {
  const asked = sizeAmong(job.labels.split(','));
  const advice = adviceFor(job.had, job.peaks, job.runs);
  if (asked === undefined || advice === undefined) return undefined;
  const { label, prefix, size } = asked;
  return { job, label, advice, advisedLabel: labelFor(prefix, size, advice.size) };
}

function describe({ job, label, advice, advisedLabel }: Advised): Answer['advice'][number] {
  const { owner, repository, workflow, name, runs, ms, peaks, had } = job;
  return {
    ...{ owner, repository, workflow, name, label, advised: advisedLabel, runs, peaks },
    minutes: tenth(ms / 60_000),
    ...averagesOf(job),
    has: had,
    frees: advice.frees,
  };
}

/** Means and traffic, rounded to what people read. */
export const averagesOf = ({
  means,
  traffic,
}: Pick<MeasuredJob, 'means' | 'traffic'>): Pick<Answer['advice'][number], 'means' | 'traffic'> => ({
  ...(means !== undefined && {
    means: { cpuPercent: tenth(means.cpuPercent), memoryMib: Math.round(means.memoryMib) },
  }),
  ...(traffic !== undefined && {
    traffic: {
      receivedBytes: Math.round(traffic.receivedBytes),
      sentBytes: Math.round(traffic.sentBytes),
    },
  }),
});

const tenth = (value: number): number => Math.round(value * 10) / 10;
