// A small stage for tests: one organisation with the App installed and one private repository, time that stands still, and
// chance from a seed.

import { createHash } from 'node:crypto';
import type { JobFact } from '../../domain/lifecycle/job.ts';
import type { Scope } from '../../domain/scope.ts';
import { type DurationMs, minutes } from '../../domain/time.ts';
import type { Random } from '../../ports/random.ts';
import { VirtualClock } from '../clock.ts';
import { InProcessGitHub } from './in-process-api.ts';
import { type JobWork, type RunnerHabit, runInProcess } from './in-process-runner.ts';
import { encodeJitConfig } from './jit-config.ts';
import { type RunnerOwner, registerRunner } from './runners.ts';
import { SimGithub, type SimGithubOptions } from './sim-github.ts';
import type { Job, Run, Runner } from './state.ts';
import type { WebhookRequest } from './webhook.ts';

export function seededRandom(seed: string): Random {
  let drawn = 0;
  const block = (): Buffer => createHash('sha256').update(`${seed} ${drawn++}`).digest();
  return {
    bytes(count) {
      const blocks = Array.from({ length: Math.ceil(count / 32) }, block);
      return Buffer.concat(blocks).subarray(0, count);
    },
    fraction: () => block().readUInt32BE() / 2 ** 32,
  };
}

export interface Stage {
  github: SimGithub;
  clock: VirtualClock;
  organization: RunnerOwner;
  /** Every webhook that arrived, oldest first. */
  deliveries: WebhookRequest[];
  push(workflowYaml: string): Promise<Run>;
  register(name: string, labels: readonly string[]): Runner;
  /** Starts a runner that does `work` with whatever it gets; gives its exit code, and the means to kill it. */
  start(
    runner: Runner,
    work?: (job: Job) => JobWork,
    habit?: RunnerHabit,
  ): { exit: Promise<number>; kill: () => void };
  /** What the control plane sees of the organisation and its repository: the port, without HTTP. */
  api(): { api: InProcessGitHub; scope: Scope; read: (job: Job) => Promise<JobFact | 'missing'> };
  pass(ms?: DurationMs): Promise<void>;
}

export function stage(options: Partial<SimGithubOptions> = {}): Stage {
  const clock = new VirtualClock();
  const github = new SimGithub({ clock, random: seededRandom('stage'), ...options });
  const account = github.createOrganization('acme');
  github.createRepository({ owner: 'acme', name: 'app' });
  const installation = github.installApp('acme');
  const deliveries: WebhookRequest[] = [];
  github.onDelivery(async (request) => {
    deliveries.push(request);
    return { status: 202 };
  });
  const organization: RunnerOwner = { kind: 'organization', account };
  return {
    github,
    clock,
    organization,
    deliveries,
    push: (workflowYaml) => github.push({ repository: 'acme/app', workflowYaml }),
    register(name, labels) {
      const made = registerRunner(github.world, organization, { name, labels, runner_group_id: 1 });
      if (!made.ok) throw new Error(made.message);
      return made.value;
    },
    start(runner, work = () => ({ durationMs: minutes(1), conclusion: 'success' }), habit = 'works') {
      const abort = new AbortController();
      const jitConfig = encodeJitConfig(github.world, runner);
      const exit = runInProcess({ github, clock, jitConfig, work, habit: () => habit, signal: abort.signal });
      return { exit, kill: () => abort.abort() };
    },
    api() {
      const api = new InProcessGitHub(github);
      const installationId = installation.id;
      const scope: Scope = { kind: 'organization', installationId, login: 'acme', groupId: 1 };
      const read = ({ id }: Job) => api.readJob({ id, installationId, repository: 'acme/app' });
      return { api, scope, read };
    },
    pass: (ms = 0) => clock.advance(ms),
  };
}

/** The names of the webhooks that arrived for a job: `queued, in_progress, completed`. */
export const actionsOf = (deliveries: readonly WebhookRequest[], job: Job): string =>
  deliveries
    .filter(({ body }) => body.includes(`"workflow_job":{"id":${job.id},`))
    .map(({ delivery }) => delivery.action)
    .join(', ');
