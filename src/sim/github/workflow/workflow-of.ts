// A workflow without its file: what the swarm needs of one, as the value that the parser would give.

import type { ParsedWorkflow } from './parse-workflow.ts';
import type { JobDefinition, TemplateToken } from './workflow.ts';

export interface SimpleJob {
  /** Letters, digits, `-` and `_`; begins with a letter. */
  key: string;
  labels: readonly string[];
  /** The runner group that it asks for; any when left out. */
  group?: string;
  needs?: readonly string[];
  /** How many jobs its matrix makes, 1 to 256; no matrix when left out. */
  width?: number;
  maxParallel?: number;
  /** Whether one failure cancels the other jobs of the matrix; as at GitHub it does, when left out. */
  failFast?: boolean;
  /** Waits for an approval when the repository protects it. */
  environment?: string;
  /** An expression such as `always()`; `success()` when left out. */
  condition?: string;
  timeoutMinutes?: number;
  continueOnError?: boolean;
}

export function workflowOf(name: string, jobs: readonly SimpleJob[]): ParsedWorkflow {
  const path = `.github/workflows/${name}.yml`;
  const workflow = { name, path, env: undefined, defaults: undefined, jobs: jobs.map(definitionOf) };
  return { kind: 'workflow', workflow };
}

const definitionOf = (job: SimpleJob, index: number): JobDefinition => ({
  key: job.key,
  line: index + 1,
  name: undefined,
  needs: job.needs ?? [],
  condition: job.condition ?? 'success()',
  runsOn: runsOn(job),
  strategy: strategyOf(job),
  environment: job.environment,
  env: undefined,
  defaults: undefined,
  outputs: undefined,
  timeoutMinutes: job.timeoutMinutes,
  continueOnError: job.continueOnError,
  steps: [],
});

function runsOn({ labels, group }: SimpleJob): TemplateToken {
  return group === undefined ? listOf(labels) : mapping({ group, labels: listOf(labels) });
}

function strategyOf({ width, maxParallel, failFast }: SimpleJob): TemplateToken | undefined {
  if (width === undefined) return undefined;
  const numbers = Array.from({ length: width }, (_, index) => index + 1);
  return mapping({
    matrix: mapping({ n: listOf(numbers) }),
    ...(maxParallel === undefined ? {} : { 'max-parallel': maxParallel }),
    ...(failFast === undefined ? {} : { 'fail-fast': failFast }),
  });
}

const listOf = (seq: readonly TemplateToken[]): TemplateToken => ({ type: 1, seq });

const mapping = (fields: Readonly<Record<string, TemplateToken>>): TemplateToken => ({
  type: 2,
  map: Object.entries(fields).map(([key, value]) => ({ Key: key, Value: value })),
});
