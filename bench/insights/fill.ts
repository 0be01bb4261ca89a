// A quarter and more of a busy fleet, made by the database itself: jobs that are over, the rollups that they add up to, and rows
// of the table of jobs beside them. Names, times and ends follow from the job's number, so that every run measures the same.

import { jobLinesStatement } from '../../src/adapters/store-postgres/migrations/0012-job-lines.ts';
import { measuredWeeksStatement } from '../../src/adapters/store-postgres/migrations/0016-measured-weeks.ts';
import type { DayRange } from '../../src/domain/insights/calendar.ts';

export const shape = { owners: 20, repositories: 10, workflows: 4, names: 5, users: 50, open: 400 };

/** `j` is the job's number. The first owner has a quarter of all, as the largest of several organisations would. */
const jobs = (amount: number, { from, to }: DayRange, now: number): string => {
  const span = now - from * 86_400_000;
  return `
    insert into insight_jobs
      (job, owner, repository, workflow, name, actor, ended, ended_at, ms, wait_ms, sha, labels, scope, runner)
    select j, 'org-' || o, 'org-' || o || '/repo-' || r, 'workflow ' || w, 'job ' || n, 'user-' || o || '-' || (h % ${shape.users}),
      (array['success', 'success', 'success', 'success', 'success', 'success', 'failure', 'cancelled', 'skipped', 'success'])[1 + h % 10],
      ${from}::bigint * 86400000 + (j::bigint * ${Math.floor(span / amount)}), 30000 + (h % 900) * 1000, 1000 + h % 4000,
      md5((j / 5)::text), 'bellows-2cpu-4gb', 'org:org-' || o || '#1', 'runner-' || j
    from (
      select j, h, case when h % 4 = 0 then 0 else (h / 4) % ${shape.owners} end as o,
        (h / 101) % ${shape.repositories} as r, (h / 1009) % ${shape.workflows} as w, (h / 10007) % ${shape.names} as n
      from (select j, (hashint4(j) & 2147483647) as h from generate_series(0, ${amount - 1}) as j) as numbered
    ) as chosen where ${to} > ${from}`;
};

const day = 'ended_at / 86400000';
/** As \`mondayOf\` has it. */
const monday = `(${day}) - ((${day}) + 3) % 7`;

const rollup = (
  kind: string,
  of: { day?: string; repository?: string; workflow?: string; name?: string; where?: string },
): string => {
  const { repository = "''", workflow = "''", name = "''", where = 'true' } = of;
  const counted = ['success', 'failure', 'cancelled', 'skipped', 'other']
    .map((end) => `count(*) filter (where ended = '${end}')`)
    .join(', ');
  return `
    insert into rollups
    select '${kind}', owner, (${of.day ?? day})::int, ${repository}, ${workflow}, ${name}, count(*), sum(ms), max(ms), ${counted}
    from insight_jobs where ${where} group by 1, 2, 3, 4, 5, 6`;
};

/** The statements that fill an empty store, in their order, with what each does. */
export const fillStatements = (
  amount: number,
  days: DayRange,
  now: number,
): readonly (readonly [string, string])[] => [
  ['finished jobs', jobs(amount, days, now)],
  ['rollups of organisations', rollup('organization', {})],
  ['rollups of repositories', rollup('repository', { repository: 'repository' })],
  ['rollups of workflows', rollup('workflow', { repository: 'repository', workflow: 'workflow' })],
  ['rollups of users', rollup('user', { name: 'actor' })],
  [
    'rollups of jobs by name',
    rollup('job', {
      day: monday,
      repository: 'repository',
      workflow: 'workflow',
      name: 'name',
      where: "ended = 'success'",
    }),
  ],
  ['lines of jobs by name', jobLinesStatement],
  [
    'what was measured',
    `insert into measured (scope, runner, cpu_percent, memory_mib, disk_mib, had_milli_cpus, had_memory_mib, had_disk_gib)
     select scope, runner, 20 + job % 80, 500 + job % 1200, 3000 + job % 4000, 2000, 4096, 20 from insight_jobs`,
  ],
  ['weeks of what was measured', measuredWeeksStatement],
  [
    'rows of jobs',
    `insert into jobs (id, version, state, served, owner, repository, run_id, demand, first_seen_at, doc)
     select job, 1, case when job >= ${amount - shape.open} then (array['queued', 'running'])[1 + job % 2] else 'done' end,
       true, owner, repository, job / 5, '', ended_at, '{}' from insight_jobs`,
  ],
  ['vacuum', 'vacuum analyze'],
];
