// What we know of a job is the join of everything heard. Joining is commutative, associative and idempotent, so that the
// order, the doubling and the lateness of deliveries cannot matter (I1); what they leave open is said to be open.

import type { RunnerId, RunnerName } from '../ids.ts';
import type { Instant } from '../time.ts';
import { instantOf } from '../time.ts';
import type { Conclusion, JobFact, JobKnowledge, JobState, JobStatus } from './job.ts';

export const nothingKnown: JobKnowledge = { before: {} };

type Runner = { id: RunnerId; name: RunnerName };
type Told = { asOf: Instant; heardAt: Instant };
type Read = NonNullable<JobKnowledge['read']>;
type Actor = NonNullable<JobKnowledge['actor']>;
type Completed = NonNullable<JobKnowledge['completed']>;

/** A read of which GitHub answered 404. */
export interface Missing {
  source: 'read';
  status: 'missing';
  asOf: Instant;
}

/** Adds one fact. The only function that adds to what is known of a job. */
export function learn(known: JobKnowledge, fact: JobFact | Missing): JobKnowledge {
  return join(known, knowledgeOf(fact));
}

/** What a single fact says. */
function knowledgeOf(fact: JobFact | Missing): JobKnowledge {
  if (fact.status === 'missing') return { before: {}, read: { status: 'missing', asOf: fact.asOf } };
  const began = fact.status === 'in_progress' || fact.status === 'completed';
  // GitHub fills `started_at` even while a job is queued, and runner fields now and then; only a start makes them true. A
  // job that was cancelled in the queue is `completed` and never started: it names no runner.
  const startedAt = fact.startedAt ?? fact.asOf;
  const started = fact.status === 'in_progress' || (began && fact.runner !== undefined);
  return {
    before: !began && fact.source === 'delivery' ? { [beforeStart(fact.status)]: toldBy(fact) } : {},
    ...(started && { started: { at: startedAt } }),
    ...(began && fact.runner !== undefined && { runner: fact.runner }),
    ...(fact.status === 'completed' && {
      completed: { conclusion: fact.conclusion ?? 'unknown', at: fact.completedAt ?? fact.asOf },
    }),
    ...(fact.actor !== undefined && { actor: { login: fact.actor, asOf: fact.asOf } }),
    ...(fact.source === 'read' && { read: { status: fact.status, asOf: fact.asOf } }),
  };
}

const toldBy = (fact: JobFact): Told => ({ asOf: fact.asOf, heardAt: fact.heardAt });

/** The status counts, not the action of its delivery: `queued` deliveries with the status `waiting` exist. */
const beforeStart = (status: JobStatus): 'queued' | 'waiting' => (status === 'queued' ? 'queued' : 'waiting');

/** The join of two states of knowledge. */
export function join(a: JobKnowledge, b: JobKnowledge): JobKnowledge {
  const queued = either(a.before.queued, b.before.queued, laterOfBoth);
  const waiting = either(a.before.waiting, b.before.waiting, laterOfBoth);
  const completed = either(a.completed, b.completed, betterEnd);
  const started = either(a.started, b.started, (x, y) => (x.at <= y.at ? x : y));
  const runner = either(a.runner, b.runner, laterRunner);
  const actor = either(a.actor, b.actor, earlierActor);
  const read = either(a.read, b.read, newerRead);
  return {
    before: { ...(queued && { queued }), ...(waiting && { waiting }) },
    ...(completed && { completed }),
    ...(started && { started }),
    ...(runner && { runner }),
    ...(actor && { actor }),
    ...(read && { read }),
  };
}

function either<T>(a: T | undefined, b: T | undefined, pick: (a: T, b: T) => T): T | undefined {
  return a === undefined ? b : b === undefined ? a : pick(a, b);
}

const laterOfBoth = (a: Told, b: Told): Told => ({
  asOf: instantOf(Math.max(a.asOf, b.asOf)),
  heardAt: instantOf(Math.max(a.heardAt, b.heardAt)),
});

/** A job ends once, so these differ only when GitHub contradicts itself; then any fixed choice will do. */
function betterEnd(a: Completed, b: Completed): Completed {
  if ((a.conclusion === 'unknown') !== (b.conclusion === 'unknown'))
    return a.conclusion === 'unknown' ? b : a;
  if (a.at !== b.at) return a.at < b.at ? a : b;
  return rankOf(a.conclusion) <= rankOf(b.conclusion) ? a : b;
}

const conclusionOrder: readonly Conclusion[] = [
  'failure',
  'timed_out',
  'cancelled',
  'action_required',
  'neutral',
  'skipped',
  'success',
  'unknown',
];
const rankOf = (conclusion: Conclusion): number => conclusionOrder.indexOf(conclusion);

/** GitHub counts runner ids up, so the greater one was registered later. */
function laterRunner(a: Runner, b: Runner): Runner {
  if (a.id !== b.id) return a.id > b.id ? a : b;
  return a.name >= b.name ? a : b;
}

function earlierActor(a: Actor, b: Actor): Actor {
  if (a.asOf !== b.asOf) return a.asOf < b.asOf ? a : b;
  return a.login <= b.login ? a : b;
}

const readOrder: readonly Read['status'][] = [
  'unknown',
  'requested',
  'pending',
  'waiting',
  'queued',
  'missing',
  'in_progress',
  'completed',
];

/** Of two reads that began in the same millisecond, the one that saw the job further on. */
function newerRead(a: Read, b: Read): Read {
  if (a.asOf !== b.asOf) return a.asOf > b.asOf ? a : b;
  return readOrder.indexOf(a.status) >= readOrder.indexOf(b.status) ? a : b;
}

/** Whether both know the same. A row that was read back may list its fields in another order. */
export function sameKnowledge(a: JobKnowledge, b: JobKnowledge): boolean {
  const others = pointsOf(b);
  return pointsOf(a).every((point, index) => point === others[index]);
}

const pointsOf = ({ completed, started, runner, actor, read, before }: JobKnowledge): readonly unknown[] => [
  completed?.conclusion,
  completed?.at,
  started?.at,
  runner?.id,
  runner?.name,
  actor?.login,
  actor?.asOf,
  read?.status,
  read?.asOf,
  ...[before.queued, before.waiting].flatMap((told) => [told?.asOf, told?.heardAt]),
];

export interface KnownState {
  state: Exclude<JobState, 'foreign'>;
  /** The facts do not order: the job must be read from the API, and until then it is no demand. */
  undecided: boolean;
}

const decided = (state: KnownState['state']): KnownState => ({ state, undecided: false });
const open = (state: KnownState['state']): KnownState => ({ state, undecided: true });

/**
 * The state that the facts give. Only `completed` absorbs. A start beats `queued` and `waiting`, also a later read that says
 * `queued`: GitHub queues an assignment again only before it sends `in_progress`, so such a read is a stale copy.
 */
export function stateOf(known: JobKnowledge): KnownState {
  if (known.completed) return decided('done');
  const { read, started } = known;
  if (started) {
    if (read?.status !== 'missing') return decided('running');
    return started.at > read.asOf ? open('running') : decided('lost');
  }
  return stateBeforeStart(known);
}

function stateBeforeStart({ before, read }: JobKnowledge): KnownState {
  const { queued, waiting } = before;
  if (read) {
    const seen = read.status === 'missing' ? 'lost' : beforeStart(read.status);
    // Deliveries that came before the read began are old news to it. One that came later and says something else may be
    // newer, or only late: GitHub's stamps cannot tell, since `created_at` stays when an approval moves a job.
    const contradicts = (told: Told | undefined, says: 'queued' | 'waiting'): boolean =>
      told !== undefined && told.heardAt > read.asOf && says !== seen;
    return contradicts(queued, 'queued') || contradicts(waiting, 'waiting') ? open('waiting') : decided(seen);
  }
  if (!queued) return waiting ? decided('waiting') : open('waiting');
  if (!waiting) return decided('queued');
  if (queued.asOf === waiting.asOf) return open('waiting');
  return decided(queued.asOf > waiting.asOf ? 'queued' : 'waiting');
}
