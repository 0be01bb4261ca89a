// The message by which a runner learns its job: AgentJobRequestMessage, the least of it that runs `run:` steps
// (actions/runner, Pipelines/AgentJobRequestMessage.cs). Expressions travel unevaluated as template tokens; contexts travel
// as pipeline context data. The two encodings differ.

import { githubContext } from './run-context.ts';
import type { Job } from './state.ts';
import type { StepDefinition, TemplateToken } from './workflow/workflow.ts';
import type { World } from './world.ts';

export function jobMessage(world: World, job: Job): Record<string, unknown> {
  const { run, definition } = job;
  const { runner } = world.urls;
  const resultsUrl = `${runner}/results/`;
  const workflowFile = run.path;
  return {
    messageType: 'RunnerJobRequest',
    plan: {
      scopeIdentifier: job.planId,
      planType: 'actions',
      version: 12,
      planId: job.planId,
      planGroup: 'free',
    },
    timeline: { id: job.planId, changeId: 1, location: null },
    jobId: job.guid,
    jobDisplayName: job.name,
    jobName: definition.key,
    requestId: 0,
    lockedUntil: '0001-01-01T00:00:00',
    resources: {
      endpoints: [
        {
          name: 'SystemVssConnection',
          url: `${runner}/run/1/`,
          authorization: { scheme: 'OAuth', parameters: { AccessToken: job.token } },
          data: { ResultsServiceUrl: resultsUrl },
          isShared: false,
          isReady: true,
        },
      ],
    },
    contextData: contexts(world, job),
    variables: variables(job, resultsUrl),
    mask: secretsOf(job).map(([, value]) => ({ type: 'regex', value: escapeForRegex(value) })),
    steps: definition.steps.map((step, index) => renderStep(world, step, index)),
    environmentVariables: tokens(run.workflow.env, definition.env),
    defaults: tokens(run.workflow.defaults, definition.defaults),
    fileTable: [workflowFile],
    workspace: {},
    jobOutputs: definition.outputs ?? null,
    jobContainer: null,
    jobServiceContainers: null,
    billingOwnerId: `O_${run.repository.owner.id}`,
  };
}

/** What the broker sends: not the job, but where to get it. */
export const jobOffer = (world: World, job: Job): Record<string, unknown> => ({
  id: job.guid,
  runner_request_id: job.requestId,
  should_acknowledge: true,
  run_service_url: `${world.urls.runner}/run/1/`,
  billing_owner_id: `O_${job.run.repository.owner.id}`,
});

const tokens = (...given: readonly (TemplateToken | undefined)[]): TemplateToken[] =>
  given.filter((token) => token !== undefined && token !== null);

function contexts(world: World, job: Job): Record<string, unknown> {
  const { run, definition } = job;
  const strategy = {
    'fail-fast': job.failFast,
    'job-index': job.matrixIndex,
    'job-total': job.matrixTotal,
    'max-parallel': Number.isFinite(job.maxParallel) ? job.maxParallel : job.matrixTotal,
  };
  return {
    github: contextData({
      ...githubContext(run, definition.key, world.urls),
      run_attempt: String(job.attempt),
    }),
    needs: contextData(job.needs),
    strategy: contextData(strategy),
    matrix: contextData(job.matrix ?? null),
    vars: contextData({}),
    inputs: contextData({}),
  };
}

/** Plain JSON as pipeline context data: a dictionary is a list of pairs, an array is wrapped, the rest is itself. */
export function contextData(value: unknown): unknown {
  if (Array.isArray(value)) return { t: 1, a: value.map(contextData) };
  if (typeof value !== 'object' || value === null) return value ?? null;
  return { t: 2, d: Object.entries(value).map(([k, v]) => ({ k, v: contextData(v) })) };
}

function variables(job: Job, resultsUrl: string): Record<string, { value: string; isSecret?: boolean }> {
  const secrets = secretsOf(job).map(([name, value]) => [name, { value, isSecret: true }] as const);
  return {
    'system.github.job': { value: job.definition.key },
    'system.github.results_endpoint': { value: resultsUrl },
    'system.orchestrationId': { value: `${job.planId}.${job.definition.key}.__default` },
    ...Object.fromEntries(secrets),
  };
}

function secretsOf(job: Job): [string, string][] {
  const token = `ghs_${job.token.slice(-24)}`;
  return [['system.github.token', token], ['github_token', token], ...Object.entries(job.run.secrets)];
}

const escapeForRegex = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function renderStep(world: World, step: StepDefinition, index: number): Record<string, unknown> {
  const name = step.id ?? `__run${index === 0 ? '' : `_${index + 1}`}`;
  const displayName = step.name ?? (step.uses ? `Run ${step.uses}` : undefined);
  const script = step.run ?? `echo '${step.uses} does nothing here: the simulator has no git'`;
  const inputs = [
    { Key: 'script', Value: script },
    ...(step.shell === undefined ? [] : [{ Key: 'shell', Value: step.shell }]),
    ...(step.workingDirectory === undefined
      ? []
      : [{ Key: 'workingDirectory', Value: step.workingDirectory }]),
  ];
  return {
    type: 'action',
    id: world.ids.guid(),
    name,
    contextName: name,
    condition: step.condition,
    reference: { type: 'script' },
    ...(displayName === undefined ? {} : { displayNameToken: literal(displayName) }),
    inputs: { type: 2, map: inputs },
    ...(step.env === undefined ? {} : { environment: step.env }),
    ...(step.timeoutMinutes === undefined ? {} : { timeoutInMinutes: step.timeoutMinutes }),
    ...(step.continueOnError === undefined ? {} : { continueOnError: step.continueOnError }),
  };
}

/** The object form, which both known runners take for a display name. */
const literal = (token: TemplateToken): unknown =>
  typeof token === 'string' ? { type: 0, lit: token } : token;
