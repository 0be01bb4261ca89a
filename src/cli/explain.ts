import type { AnswerOf } from '../wire/api/endpoints.ts';
import type { ApiPhase } from '../wire/api/jobs.ts';
import { duration } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

type Detail = AnswerOf<'getJob'>;

/** `bellows jobs explain <job>` */
export const explainJob =
  (job: number): Command =>
  async (api) =>
    outcomeOf(await api.call('getJob', { params: { job } }), (value) => ({
      ok: true,
      json: { ...value, byOwner: byOwner(value) },
      text: textOf(value),
    }));

function textOf(value: Detail): string {
  const { job, phases, repairs, attempts } = value;
  const parts = [
    `${job.repository} ${job.name} (${job.id}): ${job.conclusion ?? job.state}`,
    present(value),
    whyFailed(value),
    adviceOn(value),
    phases.length === 0 ? 'No time is measured yet.' : timeTable(value),
  ];
  const failed = attempts.filter(({ failure }) => failure !== undefined);
  if (failed.length > 0)
    parts.push(
      'VMs on its account that failed:',
      table(
        ['vm', 'host', 'whose it is', 'why'],
        failed.map(({ id, host, failure }) => [id, host ?? '', failure?.owner ?? '', failure?.reason ?? '']),
      ),
    );
  if (repairs.length > 0)
    parts.push(
      'Mended on its way:',
      table(
        ['utc', 'what', 'why', 'of'],
        repairs.map(({ at, kind, cause, subject }) => [at, kind, cause, `${subject.kind} ${subject.id}`]),
      ),
    );
  return parts.filter((part) => part !== '').join('\n\n');
}

const whyFailed = ({ failure }: Detail): string =>
  failure === undefined
    ? ''
    : `It failed: ${failure.class.replaceAll('-', ' ')}.${failure.line === undefined ? '' : ` "${failure.line}"`} ${failure.advice}`;

function adviceOn({ measured }: Detail): string {
  if (measured?.advised === undefined) return '';
  const { advised, label, frees, runs, peaks, means, traffic } = measured;
  const freed =
    frees === undefined ? '' : ` and free ${cpus(frees.milliCpus)} CPUs and ${gib(frees.memoryMib)} GiB`;
  const average =
    means === undefined
      ? ''
      : `, on average ${cpus(means.cpuPercent * 10)} CPUs and ${gib(means.memoryMib)} GiB`;
  const network =
    traffic === undefined
      ? ''
      : ` A run has ${mb(traffic.receivedBytes)} MB in and ${mb(traffic.sentBytes)} MB out.`;
  return `${advised} would do in place of ${label}${freed}: the most that ${runs} runs used is ${cpus(peaks.cpuPercent * 10)} CPUs and ${gib(peaks.memoryMib)} GiB of memory${average}.${network}`;
}

const cpus = (milli: number): string => (milli / 1000).toFixed(1);
const gib = (mib: number): string => (mib / 1024).toFixed(1);
const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Why it waits, or what it does. */
function present({ now, job }: Detail): string {
  const parts: string[] = [];
  if (job.waitingFor !== '') parts.push(`It waits: ${job.waitingFor}.`);
  else if (job.phase !== undefined && job.phaseSince !== undefined)
    parts.push(
      `It is in the phase ${job.phase}, for ${duration(Date.parse(now) - Date.parse(job.phaseSince))}.`,
    );
  if (job.usualMs !== undefined) parts.push(`Jobs of this name usually run ${duration(job.usualMs)}.`);
  return parts.join(' ');
}

const lengthOf = ({ from, to }: ApiPhase, now: string): number =>
  Math.max(0, Date.parse(to ?? now) - Date.parse(from));

/** How many milliseconds are whose, the most first. */
function byOwner({ now, phases }: Detail): Record<string, number> {
  const sums = new Map<string, number>();
  for (const phase of phases) sums.set(phase.owner, (sums.get(phase.owner) ?? 0) + lengthOf(phase, now));
  return Object.fromEntries([...sums].sort(([, a], [, b]) => b - a));
}

function timeTable(value: Detail): string {
  const rows = value.phases.map((phase) => [
    phase.name,
    `${duration(lengthOf(phase, value.now))}${phase.to === undefined ? ' so far' : ''}`,
    phase.owner,
  ]);
  const sums = Object.entries(byOwner(value)).map(([owner, ms]) => `${owner} ${duration(ms)}`);
  return `${table(['phase', 'took', 'whose it is'], rows)}\nBy owner: ${sums.join(', ')}`;
}
