// What one job definition of a workflow becomes: a skip, or one job for each combination of its matrix. Everything that
// GitHub decides before a runner sees the job is decided here; the rest travels to the runner unevaluated.

import { githubContext } from './run-context.ts';
import type { JobGroup, Run } from './state.ts';
import { expandMatrix } from './workflow/expand-matrix.ts';
import { type Contexts, evaluate, type Functions, holds, resolve, text } from './workflow/expressions.ts';
import { field, type JobDefinition, type TemplateToken } from './workflow/workflow.ts';
import type { Urls } from './world.ts';

export interface JobPlan {
  name: string;
  labels: readonly string[];
  groupName: string | undefined;
  environment: string | undefined;
  matrix: Readonly<Record<string, unknown>> | undefined;
  matrixIndex: number;
  matrixTotal: number;
  needs: Readonly<Record<string, unknown>>;
  continueOnError: boolean;
  failFast: boolean;
  maxParallel: number;
  timeoutMinutes: number;
}

export type GroupPlan =
  | { kind: 'skip' }
  | { kind: 'jobs'; jobs: readonly JobPlan[]; maxParallel: number; failFast: boolean }
  | { kind: 'invalid'; message: string };

const defaultTimeoutMinutes = 360;

export function planGroup(run: Run, group: JobGroup, urls: Urls): GroupPlan {
  try {
    return plan(run, group.definition, urls);
  } catch (error) {
    return { kind: 'invalid', message: error instanceof Error ? error.message : String(error) };
  }
}

function plan(run: Run, definition: JobDefinition, urls: Urls): GroupPlan {
  const needs = needsContext(run, definition);
  const base: Contexts = { github: githubContext(run, definition.key, urls), needs, vars: {}, inputs: {} };
  if (!holds(definition.condition, base, statusFunctions(run, definition))) return { kind: 'skip' };
  const { strategy } = definition;
  const matrixToken = field(strategy, 'matrix');
  const failFast = booleanOf(resolve(field(strategy, 'fail-fast'), base), true);
  const maxParallel = numberOf(resolve(field(strategy, 'max-parallel'), base), Number.POSITIVE_INFINITY);
  const expansion =
    matrixToken === undefined
      ? ({ ok: true, combinations: [undefined] } as const)
      : expandMatrix(resolve(matrixToken, base));
  if (!expansion.ok) return { kind: 'invalid', message: expansion.problem };
  const total = expansion.combinations.length;
  const jobs = expansion.combinations.map((matrix, index): JobPlan => {
    const strategyContext = {
      'fail-fast': failFast,
      'job-index': index,
      'job-total': total,
      'max-parallel': Number.isFinite(maxParallel) ? maxParallel : total,
    };
    const contexts = { ...base, matrix: matrix ?? null, strategy: strategyContext };
    return {
      name: nameOf(definition, matrix, contexts),
      ...runsOn(definition.runsOn, contexts),
      environment: environmentOf(definition.environment, contexts),
      matrix,
      matrixIndex: index,
      matrixTotal: total,
      needs,
      continueOnError: booleanOf(resolve(definition.continueOnError, contexts), false),
      failFast,
      maxParallel,
      timeoutMinutes: numberOf(resolve(definition.timeoutMinutes, contexts), defaultTimeoutMinutes),
    };
  });
  return { kind: 'jobs', jobs, maxParallel, failFast };
}

/** GitHub appends the matrix values unless the name is made from an expression. */
function nameOf(
  { key, name }: JobDefinition,
  matrix: Readonly<Record<string, unknown>> | undefined,
  contexts: Contexts,
): string {
  if (typeof name === 'object' && name?.type === 3) return text(evaluate(name.expr, contexts));
  const base = text(name ?? key) || key;
  return matrix ? `${base} (${scalars(matrix).join(', ')})` : base;
}

const scalars = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(scalars) : [text(value)];

function runsOn(
  token: TemplateToken,
  contexts: Contexts,
): { labels: readonly string[]; groupName: string | undefined } {
  const value = resolve(token, contexts);
  const named = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  const wanted: unknown = named ? ('labels' in named ? named.labels : []) : value;
  const labels = (Array.isArray(wanted) ? wanted : [wanted]).map(text).filter((label) => label !== '');
  const groupName = named && 'group' in named ? text(named.group) : undefined;
  if (labels.length === 0 && groupName === undefined) throw new Error("The job's `runs-on` is empty.");
  return { labels, groupName };
}

function environmentOf(token: TemplateToken | undefined, contexts: Contexts): string | undefined {
  const value = resolve(
    typeof token === 'object' && token?.type === 2 ? field(token, 'name') : token,
    contexts,
  );
  return value === undefined || value === null ? undefined : text(value);
}

const booleanOf = (value: unknown, otherwise: boolean): boolean =>
  value === undefined || value === null ? otherwise : value === true || value === 'true';

function numberOf(value: unknown, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  const number = Number(value);
  if (!Number.isFinite(number) || number <= 0) throw new Error(`'${text(value)}' is not a positive number.`);
  return number;
}

export type GroupResult = 'success' | 'failure' | 'cancelled' | 'skipped';

/** What `needs.<job>.result` says; undefined while a job of the group is open. */
export function resultOf(group: JobGroup): GroupResult | undefined {
  if (!group.expanded || group.jobs.some((job) => job.phase !== 'completed')) return undefined;
  const concluded = group.jobs.map((job) => (job.continueOnError ? 'success' : job.conclusion));
  if (concluded.some((conclusion) => conclusion === 'failure' || conclusion === 'timed_out'))
    return 'failure';
  if (concluded.includes('cancelled')) return 'cancelled';
  return concluded.length > 0 && concluded.every((conclusion) => conclusion === 'skipped')
    ? 'skipped'
    : 'success';
}

const groupOf = (run: Run, key: string): JobGroup | undefined =>
  run.groups.find((group) => group.definition.key === key);

function needsContext(run: Run, definition: JobDefinition): Record<string, unknown> {
  return Object.fromEntries(
    definition.needs.map((key) => {
      const group = groupOf(run, key);
      const outputs = Object.assign({}, ...(group?.jobs ?? []).map((job) => job.outputs));
      return [key, { result: group ? resultOf(group) : null, outputs }];
    }),
  );
}

/** Over all ancestors, not only the direct needs: a job after a skipped one is skipped too (actions/runner#491). */
function statusFunctions(run: Run, definition: JobDefinition): Functions {
  const results = ancestors(run, definition).map((group) => resultOf(group));
  return {
    always: () => true,
    cancelled: () => run.cancelRequested,
    failure: () => !run.cancelRequested && results.includes('failure'),
    success: () => !run.cancelRequested && results.every((result) => result === 'success'),
  };
}

function ancestors(run: Run, definition: JobDefinition): JobGroup[] {
  const found = new Set<JobGroup>();
  const visit = (keys: readonly string[]): void => {
    for (const key of keys) {
      const group = groupOf(run, key);
      if (!group || found.has(group)) continue;
      found.add(group);
      visit(group.definition.needs);
    }
  };
  visit(definition.needs);
  return [...found];
}
