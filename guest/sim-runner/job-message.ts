// The job as the run service hands it over, read into what this runner uses. Template tokens stay as they are: they are
// evaluated when their turn comes.

import type { TemplateToken } from '../../src/sim/github/workflow/workflow.ts';
import { type Json, list, record, text } from './json.ts';

export interface JobMessage {
  planId: string;
  jobId: string;
  displayName: string;
  billingOwnerId: string;
  /** Where renewals and the end are reported; ends with a slash. */
  serviceUrl: string;
  resultsUrl: string;
  token: string;
  contexts: Json;
  secrets: Readonly<Record<string, string>>;
  githubToken: string;
  environment: readonly TemplateToken[];
  defaults: readonly TemplateToken[];
  outputs: TemplateToken | undefined;
  steps: readonly StepMessage[];
}

export interface StepMessage {
  id: string;
  contextName: string;
  condition: string;
  displayName: TemplateToken | undefined;
  script: TemplateToken;
  shell: TemplateToken | undefined;
  workingDirectory: TemplateToken | undefined;
  environment: TemplateToken | undefined;
  timeoutMinutes: TemplateToken | undefined;
  continueOnError: TemplateToken | undefined;
}

/** @throws when the message has a step that is no script */
export function readJobMessage(body: Json): JobMessage {
  const endpoint = list(record(body.resources).endpoints)
    .map(record)
    .find(({ name }) => name === 'SystemVssConnection');
  const variables = Object.entries(record(body.variables)).map(
    ([name, value]) => [name, record(value)] as const,
  );
  const variable = (name: string): string => text(variables.find(([it]) => it === name)?.[1].value);
  const secrets = variables.filter(
    ([name, { isSecret }]) => isSecret === true && !name.startsWith('system.'),
  );
  return {
    planId: text(record(body.plan).planId),
    jobId: text(body.jobId),
    displayName: text(body.jobDisplayName),
    billingOwnerId: text(body.billingOwnerId),
    serviceUrl: text(endpoint?.url),
    resultsUrl: variable('system.github.results_endpoint'),
    token: text(record(record(endpoint?.authorization).parameters).AccessToken),
    contexts: Object.fromEntries(
      Object.entries(record(body.contextData)).map(([name, value]) => [name, plain(value)]),
    ),
    secrets: Object.fromEntries(
      secrets.map(([name, { value }]) => [name === 'github_token' ? 'GITHUB_TOKEN' : name, text(value)]),
    ),
    githubToken: variable('system.github.token'),
    environment: list(body.environmentVariables).map(token),
    defaults: list(body.defaults).map(token),
    outputs: optional(body.jobOutputs),
    steps: list(body.steps).map((step) => readStep(record(step))),
  };
}

function readStep(step: Json): StepMessage {
  if (record(step.reference).type !== 'script') throw new Error('This runner runs scripts only, no actions.');
  const inputs = new Map(
    list(record(step.inputs).map).map((item) => {
      const { Key, Value } = record(item);
      return [text(Key), token(Value)] as const;
    }),
  );
  return {
    id: text(step.id),
    contextName: text(step.contextName),
    condition: text(step.condition, 'success()'),
    displayName: optional(step.displayNameToken),
    script: inputs.get('script') ?? '',
    shell: inputs.get('shell'),
    workingDirectory: inputs.get('workingDirectory'),
    environment: optional(step.environment),
    timeoutMinutes: optional(step.timeoutInMinutes),
    continueOnError: optional(step.continueOnError),
  };
}

const optional = (value: unknown): TemplateToken | undefined =>
  value === undefined || value === null ? undefined : token(value);

/** Literals come bare or as objects with a type: 0 string, 5 boolean, 6 number, 7 null. */
function token(value: unknown): TemplateToken {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  const { type, lit, seq, map, expr, bool, num } = record(value);
  switch (type) {
    case 0:
      return text(lit);
    case 1:
      return { type: 1, seq: list(seq).map(token) };
    case 2:
      return {
        type: 2,
        map: list(map).map((item) => ({ Key: token(record(item).Key), Value: token(record(item).Value) })),
      };
    case 3:
      return { type: 3, expr: text(expr) };
    case 5:
      return bool === true;
    case 6:
      return Number(num);
    default:
      return null;
  }
}

/** Pipeline context data as plain JSON: 0 string, 1 array, 2 and 5 dictionary, 3 boolean, 4 number. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? null;
  const { t, s, a, d, b, n } = record(value);
  switch (t) {
    case 1:
      return list(a).map(plain);
    case 2:
    case 5:
      return Object.fromEntries(list(d).map((item) => [text(record(item).k), plain(record(item).v)]));
    case 3:
      return b === true;
    case 4:
      return Number(n);
    default:
      return text(s);
  }
}
