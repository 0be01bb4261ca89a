// How long the dashboard waits for its figures: the production's handlers over a PostgreSQL with a million jobs that are over,
// each query asked many times, of every organisation and of single ones in turns. And how much longer a browser takes to show
// the queue when there is much in it.

import { SystemClock } from '../src/adapters/system/clock.ts';
import { advise } from '../src/control-plane/requests/advise.ts';
import { increases, jobRuns } from '../src/control-plane/requests/increases.ts';
import { insights, insightsDaily } from '../src/control-plane/requests/insights.ts';
import { today } from '../src/control-plane/requests/today.ts';
import { usage } from '../src/control-plane/requests/usage.ts';
import { admin } from '../src/domain/access/caller.ts';
import { dayOf } from '../src/domain/insights/calendar.ts';
import type { Store } from '../src/ports/store.ts';
import type { ApiAnswer } from '../src/wire/api/endpoint.ts';
import { type CallOf, type EndpointName, endpoints, type RequestOf } from '../src/wire/api/endpoints.ts';
import { noBrowser, startBrowser } from '../test/dashboard/browser.ts';
import { buildForBrowser } from '../test/dashboard/built.ts';
import { measurePaint, type Paint } from '../test/dashboard/paint.ts';
import { setStage } from '../test/dashboard/stage.ts';
import { embedded, startTestServer } from '../test/support/postgres-servers.ts';
import { fillStatements, shape } from './insights/fill.ts';
import { median } from './median.ts';

export interface InsightsOptions {
  /** Thousands of jobs. */
  thousands?: number;
  /** How often each query is asked. */
  rounds?: number;
  say?: (line: string) => void;
}

export interface InsightsResult {
  jobs: number;
  rollups: number;
  /** Of the slowest query. */
  p95Ms: number;
  slowest: string;
  queries: Readonly<Record<string, QueryFigures>>;
  /** The first paint of *Queue* with 5,000 rows against that of an empty one; null where there is no browser. */
  paintRatio: number | null;
  paint: Paint | string;
}

type QueryResult = Omit<InsightsResult, 'paintRatio' | 'paint'>;

interface QueryFigures {
  p50Ms: number;
  p95Ms: number;
  maxMs: number;
  /** How large the answer is, as JSON. */
  bytes: number;
}

const days = 120;

export async function run(options: InsightsOptions = {}): Promise<InsightsResult> {
  // First, while no database of a million rows has the memory.
  const paint = await measureQueue(options.say ?? (() => {}));
  const queries = await measureQueries(options);
  return { ...queries, paintRatio: typeof paint === 'string' ? null : paint.ratio, paint };
}

/** Gives why not where it cannot be measured. */
async function measureQueue(say: (line: string) => void): Promise<Paint | string> {
  const missing = noBrowser();
  if (missing !== undefined) {
    say(`the queue is not painted: ${missing}`);
    return missing;
  }
  await buildForBrowser();
  const stage = await setStage();
  try {
    const browser = await startBrowser();
    try {
      const paint = await measurePaint(browser, stage);
      say(
        `queue: ${Math.round(paint.fullMs)} ms with ${paint.rows} rows, ${Math.round(paint.emptyMs)} ms empty`,
      );
      return paint;
    } finally {
      await browser.close();
    }
  } finally {
    await stage.stop();
  }
}

async function measureQueries(options: InsightsOptions): Promise<QueryResult> {
  const { thousands = 1_000, rounds = 40, say = () => {} } = options;
  const clock = new SystemClock();
  const server = await startTestServer(embedded);
  const store = await server.openStore();
  try {
    const now = clock.now();
    const to = dayOf(now) + 1;
    for (const [what, statement] of fillStatements(thousands * 1_000, { from: to - days, to }, now)) {
      const start = performance.now();
      await server.query(statement);
      say(`filled: ${what}, ${seconds(performance.now() - start)}`);
    }
    const countOf = async (table: string): Promise<number> =>
      Number((await server.query<{ n: string }>(`select count(*) as n from ${table}`))[0]?.n);
    const queries = await measure(store, clock, rounds, say);
    const [slowest = '', figures] =
      Object.entries(queries).sort(([, a], [, b]) => b.p95Ms - a.p95Ms)[0] ?? [];
    const counted = { jobs: await countOf('insight_jobs'), rollups: await countOf('rollups') };
    return { ...counted, p95Ms: figures?.p95Ms ?? Number.NaN, slowest, queries };
  } finally {
    await store.close();
    await server.stop();
  }
}

type Ask = (turn: number) => Promise<ApiAnswer<object>>;

/** What the pages of the dashboard ask; `turn` chooses whose. */
function asked(store: Store, clock: SystemClock): Readonly<Record<string, Ask>> {
  const deps = { store, clock };
  const ownerOf = (turn: number): string => `org-${turn % shape.owners}`;
  /** Everything in every other turn: that costs most. */
  const some = (turn: number): { owner?: string } => (turn % 2 === 0 ? {} : { owner: ownerOf(turn) });
  const insightsBy =
    (by: 'owner' | 'repository' | 'workflow' | 'user'): Ask =>
    (turn) =>
      insights(deps, request('insights', { query: { by, days: 90, ...some(turn) } }), admin);
  return {
    today: (turn) => today(deps, request('today', { query: some(turn) }), admin),
    insightsByOwner: insightsBy('owner'),
    insightsByRepository: insightsBy('repository'),
    insightsByWorkflow: insightsBy('workflow'),
    insightsByUser: insightsBy('user'),
    insightsDaily: (turn) =>
      insightsDaily(deps, request('insightsDaily', { query: { days: 90, ...some(turn) } }), admin),
    usage: (turn) => usage(deps, request('usage', { query: { owner: ownerOf(turn), days: 28 } }), admin),
    increases: (turn) =>
      increases(deps, request('increases', { query: { days: 120, percent: 5, ...some(turn) } }), admin),
    advise: (turn) => advise(deps, request('advise', { query: some(turn) }), admin),
    jobRuns: (turn) => {
      const repository = `${ownerOf(turn)}/repo-${turn % shape.repositories}`;
      const query = { repository, workflow: 'workflow 1', name: 'job 1', days: 120 };
      return jobRuns(deps, request('jobRuns', { query }), admin);
    },
  };
}

async function measure(
  store: Store,
  clock: SystemClock,
  rounds: number,
  say: (line: string) => void,
): Promise<Record<string, QueryFigures>> {
  const figures: Record<string, QueryFigures> = {};
  for (const [name, ask] of Object.entries(asked(store, clock))) {
    // The first ones read from disk and plan.
    for (let turn = 0; turn < 4; turn += 1) await ask(turn);
    const took: number[] = [];
    let bytes = 0;
    for (let turn = 0; turn < rounds; turn += 1) {
      const start = performance.now();
      const answer = await ask(turn);
      took.push(performance.now() - start);
      if (!answer.ok) throw new Error(`${name}: ${answer.problem.detail}`);
      bytes = Math.max(bytes, JSON.stringify(answer.value).length);
    }
    figures[name] = {
      p50Ms: tenth(median(took)),
      p95Ms: tenth(quantile(took, 0.95)),
      maxMs: tenth(Math.max(...took)),
      bytes,
    };
    say(`${name}: half within ${figures[name].p50Ms} ms, 95 % within ${figures[name].p95Ms} ms`);
  }
  return figures;
}

function request<N extends EndpointName>(name: N, call: CallOf<N>): RequestOf<N> {
  const { params, query, body } = endpoints[name];
  return {
    params: params.parse(call.params ?? {}),
    query: query.parse(call.query ?? {}),
    body: body.parse(call.body ?? {}),
  } as RequestOf<N>;
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;
const tenth = (ms: number): number => Math.round(ms * 10) / 10;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
