// The finished jobs, and nothing else: rollups are counted from nothing whenever somebody asks. So the simulation pays next to
// nothing for them, and the contract suite holds the rollups that PostgreSQL keeps by difference against a recount.

import { type DayRange, dayOf } from '../../domain/insights/calendar.ts';
import type { FinishedJob } from '../../domain/insights/finished-job.ts';
import { highest, joined, type Measurement } from '../../domain/insights/measured.ts';
import { measuredId, measuredRun } from '../../domain/insights/measured-rollup.ts';
import {
  type RollupKey,
  type RollupKind,
  recounted,
  rollupId,
  weeksKept,
} from '../../domain/insights/rollup.ts';
import { noTally, sumOf, type Tally, tallyOf } from '../../domain/insights/tally.ts';
import { addedUse, averageUse, noUse, type UsedSum } from '../../domain/insights/used-sum.ts';
import { hours, type Instant, instantOf } from '../../domain/time.ts';
import type {
  InsightFilter,
  InsightTable,
  JobWeek,
  JobWeeks,
  MeasuredJob,
  OpenJobs,
} from '../../ports/insight-tables.ts';
import { by } from './order.ts';
import type { Participant, Session } from './session.ts';

/** @param openJobs what the jobs' table counts. */
export function createInsightTable(
  openJobs: (session: Session, owners: readonly string[] | undefined) => OpenJobs,
): { participant: Participant; in(session: Session): InsightTable } {
  let committed = new Map<number, FinishedJob>();
  const measurements = new Map<string, Measurement>();
  const said = new Map<Session, Said>();
  const ownOf = (session: Session) => {
    const own = said.get(session) ?? { cleared: false, jobs: new Map(), measured: new Map() };
    said.set(session, own);
    return own;
  };
  return {
    participant: {
      commit(session) {
        const own = said.get(session);
        if (own === undefined) return;
        said.delete(session);
        if (own.cleared) committed.clear();
        for (const [id, job] of own.jobs) {
          if (job === undefined) committed.delete(id);
          else committed.set(id, job);
        }
        for (const [id, told] of own.measured) measurements.set(id, joined(measurements.get(id), told));
      },
      rollback: (session) => void said.delete(session),
      snapshot() {
        const kept = new Map(committed);
        const measured = new Map(measurements);
        return () => {
          committed = new Map(kept);
          measurements.clear();
          for (const [id, told] of measured) measurements.set(id, told);
        };
      },
    },
    in: (session) => ({
      record: (job, counts) => void ownOf(session).jobs.set(job, counts && Object.freeze({ ...counts })),
      ...queriesOf(session, () => committed.values()),
      measure: (scope, runner, told) =>
        session.statement(() => {
          const { measured } = ownOf(session);
          const id = vmId(scope, runner);
          measured.set(id, joined(measured.get(id), told));
        }),
      measured: (days, filter) =>
        session.statement(() =>
          measuredJobs(
            [...committed.values()].filter((job) => isNamed(job, filter)),
            measurements,
            days,
          ),
        ),
      open: ({ owners }) => session.statement(() => openJobs(session, owners)),
      clear: () =>
        session.statement(async () => {
          await session.lock('insights');
          said.set(session, { cleared: true, jobs: new Map(), measured: ownOf(session).measured });
        }),
    }),
  };
}

interface Said {
  cleared: boolean;
  jobs: Map<number, FinishedJob | undefined>;
  measured: Map<string, Measurement>;
}

const vmId = (scope: string, runner: string): string => `${scope} ${runner}`;

const isNamed = (job: FinishedJob, { owners, ...named }: InsightFilter): boolean =>
  (owners?.includes(job.owner) ?? true) &&
  (named.repository ?? job.repository) === job.repository &&
  (named.workflow ?? job.workflow) === job.workflow &&
  (named.name ?? job.name) === job.name;

function measuredJobs(
  jobs: readonly FinishedJob[],
  measurements: ReadonlyMap<string, Measurement>,
  days: DayRange,
): readonly MeasuredJob[] {
  const found = new Map<string, MeasuredJob>();
  const used = new Map<string, UsedSum>();
  for (const job of jobs) {
    const run = measuredRun(job, measurements.get(vmId(job.scope, job.runner ?? '')));
    if (run === undefined || !isIn(run.key.monday, days)) continue;
    const id = measuredId({ ...run.key, monday: 0 });
    const before = found.get(id);
    const { monday: _week, ...key } = run.key;
    found.set(id, {
      ...key,
      runs: (before?.runs ?? 0) + 1,
      ms: (before?.ms ?? 0) + run.ms,
      peaks: before === undefined ? run.peaks : highest(before.peaks, run.peaks),
    });
    used.set(id, addedUse(used.get(id) ?? noUse, run.used));
  }
  return [...found].map(([id, job]) => ({ ...job, ...averageUse(used.get(id) ?? noUse) }));
}

/** All that is asked of the committed jobs. */
function queriesOf(
  session: Session,
  committed: () => Iterable<FinishedJob>,
): Pick<InsightTable, 'tallies' | 'daily' | 'weeks' | 'tallyBetween' | 'hourly' | 'longest' | 'runs'> {
  const rollups = (kind: RollupKind, days: DayRange, filter: InsightFilter) =>
    [...recounted(committed()).values()]
      .filter(({ key }) => key.kind === kind && isIn(key.day, days) && passes(key, filter))
      .sort(by(({ key }) => key.day));
  return {
    tallies: (kind, days, filter) =>
      session.statement(() =>
        grouped(rollups(kind, days, filter), ({ owner, repository, workflow, name }) =>
          JSON.stringify([owner, repository, workflow, name]),
        ).map(({ key: { owner, repository, workflow, name }, tally }) => ({
          ...{ owner, repository, workflow, name },
          tally,
        })),
      ),
    daily: (kind, days, filter) =>
      session.statement(() =>
        grouped(rollups(kind, days, filter), ({ day }) => `${day}`).map(({ key, tally }) => ({
          day: key.day,
          tally,
        })),
      ),
    weeks: (days, filter) =>
      session.statement(() =>
        byJob(rollups('job', everyDay, filter))
          .map(({ weeks, ...job }) => ({
            ...job,
            weeks: weeks.slice(-weeksKept).filter(({ monday }) => isIn(monday, days)),
          }))
          .filter(({ weeks }) => weeks.length > 0),
      ),
    tallyBetween: (from, to, { owners }) =>
      session.statement(() =>
        [...endedBetween(committed(), from, to, owners)].map(tallyOf).reduce(sumOf, noTally),
      ),
    hourly: (from, to, { owners }) =>
      session.statement(() => {
        const tallied = new Map<number, Tally>();
        for (const job of endedBetween(committed(), from, to, owners)) {
          const hour = Math.floor(job.endedAt / hours(1));
          tallied.set(hour, sumOf(tallied.get(hour) ?? noTally, tallyOf(job)));
        }
        return [...tallied]
          .sort(by(([hour]) => hour))
          .map(([hour, tally]) => ({ start: instantOf(hours(hour)), tally }));
      }),
    longest: (of, days) =>
      session.statement(() =>
        longestOfDays([...committed()].filter((job) => isIn(dayOf(job.endedAt), days) && passes(job, of))),
      ),
    runs: (of, days, limit) =>
      session.statement(() =>
        [...committed()]
          .filter((job) => isIn(dayOf(job.endedAt), days) && passes(job, of))
          .sort(
            by(
              ({ endedAt }) => -endedAt,
              ({ job }) => -job,
            ),
          )
          .slice(0, limit),
      ),
  };
}

const everyDay: DayRange = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

function byJob(rollups: readonly { key: RollupKey; tally: Tally }[]): readonly JobWeeks[] {
  const jobs = new Map<string, JobWeeks & { weeks: JobWeek[] }>();
  for (const { key, tally } of rollups) {
    const { owner, repository, workflow, name, day: monday } = key;
    const id = rollupId({ ...key, day: 0 });
    const job = jobs.get(id) ?? { owner, repository, workflow, name, weeks: [] };
    job.weeks.push({ monday, builds: tally.builds, ms: tally.ms });
    jobs.set(id, job);
  }
  return [...jobs.values()];
}

function longestOfDays(jobs: readonly FinishedJob[]): readonly FinishedJob[] {
  const longest = new Map<number, FinishedJob>();
  const slowestFirst = jobs
    .filter(({ end }) => end === 'success')
    .sort(
      by(
        ({ endedAt }) => dayOf(endedAt),
        ({ ms }) => -ms,
        ({ job }) => -job,
      ),
    );
  for (const job of slowestFirst) {
    const day = dayOf(job.endedAt);
    if (!longest.has(day)) longest.set(day, job);
  }
  return [...longest.values()];
}

const endedBetween = (
  jobs: Iterable<FinishedJob>,
  from: Instant,
  to: Instant,
  owners: readonly string[] | undefined,
): readonly FinishedJob[] =>
  [...jobs].filter(
    ({ endedAt, owner }) => endedAt >= from && endedAt < to && (owners?.includes(owner) ?? true),
  );

const isIn = (day: number, { from, to }: DayRange): boolean => day >= from && day < to;

const passes = (
  row: Pick<RollupKey, 'owner' | 'repository' | 'workflow' | 'name'>,
  { owners, repository, workflow, name }: InsightFilter,
): boolean =>
  (owners === undefined || owners.includes(row.owner)) &&
  (repository === undefined || row.repository === repository) &&
  (workflow === undefined || row.workflow === workflow) &&
  (name === undefined || row.name === name);

function grouped(
  rows: readonly { key: RollupKey; tally: Tally }[],
  idOf: (key: RollupKey) => string,
): { key: RollupKey; tally: Tally }[] {
  const groups = new Map<string, { key: RollupKey; tally: Tally }>();
  for (const { key, tally } of rows) {
    const id = idOf(key);
    groups.set(id, { key, tally: sumOf(groups.get(id)?.tally ?? noTally, tally) });
  }
  return [...groups.values()];
}
