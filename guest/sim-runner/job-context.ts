// The contexts, the environment and the folders that the steps of one job share.

import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve as resolvePath } from 'node:path';
import {
  type Contexts,
  evaluate,
  type Functions,
  holds,
  resolve,
} from '../../src/sim/github/workflow/expressions.ts';
import { field, type TemplateToken } from '../../src/sim/github/workflow/workflow.ts';
import type { JobMessage } from './job-message.ts';
import { type Json, record, text } from './json.ts';

export type JobStatus = 'success' | 'failure' | 'cancelled';

/** Keys of the `github` context that become `GITHUB_…` variables (actions/runner, GitHubContext.cs). */
const exported = [
  ...[
    'action',
    'actor',
    'actor_id',
    'api_url',
    'base_ref',
    'event_name',
    'event_path',
    'graphql_url',
    'head_ref',
  ],
  ...[
    'job',
    'ref',
    'ref_name',
    'ref_protected',
    'ref_type',
    'repository',
    'repository_id',
    'repository_owner',
  ],
  ...['repository_owner_id', 'retention_days', 'run_attempt', 'run_id', 'run_number', 'server_url', 'sha'],
  ...['triggering_actor', 'workflow', 'workflow_ref', 'workflow_sha', 'workspace'],
];

export class JobContext {
  readonly message: JobMessage;
  readonly workspace: string;
  readonly temp: string;
  status: JobStatus = 'success';
  readonly steps: Record<string, { outputs: Json; outcome: string; conclusion: string }> = {};
  /** What workflow, job and earlier steps have set. */
  readonly variables: Record<string, string> = {};
  readonly #paths: string[] = [];
  readonly #github: Json;
  readonly #runner: Json;
  readonly #base: Readonly<Record<string, string>>;

  constructor(
    message: JobMessage,
    options: { workRoot: string; runnerName: string; base: NodeJS.ProcessEnv },
  ) {
    this.message = message;
    const github = record(message.contexts.github);
    const name = text(github.repository).split('/')[1] || 'repository';
    this.workspace = resolvePath(options.workRoot, name, name);
    this.temp = resolvePath(options.workRoot, '_temp');
    for (const folder of [this.workspace, this.temp]) mkdirSync(folder, { recursive: true });
    const eventPath = join(this.temp, 'event.json');
    writeFileSync(eventPath, JSON.stringify(github.event ?? {}));
    this.#github = {
      ...github,
      workspace: this.workspace,
      event_path: eventPath,
      token: message.githubToken,
    };
    this.#runner = {
      name: options.runnerName,
      os: 'Linux',
      arch: process.arch === 'arm64' ? 'ARM64' : 'X64',
      temp: this.temp,
      tool_cache: resolvePath(options.workRoot, '_tool'),
      environment: 'self-hosted',
    };
    this.#base = definedOnly(options.base);
    for (const token of message.environment) Object.assign(this.variables, this.textsOf(token));
  }

  addPath(folder: string): void {
    this.#paths.unshift(folder);
  }

  evaluate(expression: string, extra: Json = {}): unknown {
    return evaluate(expression, this.#contexts(extra), this.#functions());
  }

  /** Whether a step with this condition runs now. */
  holds(condition: string): boolean {
    return holds(condition, this.#contexts({}), this.#functions());
  }

  resolve(token: TemplateToken | undefined, extra: Json = {}): unknown {
    return resolve(token, this.#contexts(extra), this.#functions());
  }

  /** A mapping with all its values as text. */
  textsOf(token: TemplateToken | undefined, extra: Json = {}): Record<string, string> {
    const values = record(this.resolve(token, extra));
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]));
  }

  /** The innermost `defaults.run` of this name. */
  default(name: string): unknown {
    const found = this.message.defaults.map((token) => field(field(token, 'run'), name));
    return this.resolve(found.findLast((token) => token !== undefined));
  }

  /** What a step's process sees: the runner's own environment, GITHUB_, RUNNER_, and what was set. */
  processEnvironment(own: Readonly<Record<string, string>>): Record<string, string> {
    const path = [...this.#paths, this.#base.PATH ?? ''].join(delimiter);
    return {
      ...this.#base,
      ...prefixed('GITHUB', this.#github, exported),
      ...prefixed('RUNNER', this.#runner, Object.keys(this.#runner)),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      PATH: path,
      ...this.variables,
      ...own,
    };
  }

  #contexts(extra: Json): Contexts {
    const { contexts, secrets } = this.message;
    return {
      needs: {},
      matrix: null,
      strategy: {},
      inputs: {},
      vars: {},
      ...contexts,
      github: this.#github,
      runner: this.#runner,
      env: this.variables,
      job: { status: this.status },
      steps: this.steps,
      secrets,
      ...extra,
    };
  }

  #functions(): Functions {
    return {
      always: () => true,
      success: () => this.status === 'success',
      failure: () => this.status === 'failure',
      cancelled: () => this.status === 'cancelled',
      hashFiles: () => {
        throw new Error('hashFiles is not supported by this runner.');
      },
    };
  }
}

export const uniqueName = (): string => randomUUID();

const prefixed = (prefix: string, values: Json, keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    keys
      .filter((key) => values[key] !== undefined && values[key] !== null)
      .map((key) => [`${prefix}_${key.toUpperCase()}`, text(values[key])]),
  );

const definedOnly = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
