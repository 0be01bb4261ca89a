// GitHub as one object: organisations, repositories, runs, runners and webhooks, in memory, on the clock and the random
// numbers that it is handed. Three things stand on it: the HTTP shell, the in-process twin of the GitHub port, and tests
// that push a workflow and watch.

import { instantOf } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import {
  accountOf,
  createAccount,
  createRepository,
  createRunnerGroup,
  defaultGroupId,
  installApp,
  type NewRepository,
  repositoryOf,
} from './accounts.ts';
import type { Answer } from './answer.ts';
import { serveAll } from './assignment.ts';
import { type Beliefs, beliefsWith } from './beliefs.ts';
import { DeliveryLog } from './delivery-log.ts';
import { type Faults, noFaults } from './faults.ts';
import { identifiersFrom } from './identifiers.ts';
import { encodeJitConfig } from './jit-config.ts';
import { ping } from './job-events.ts';
import { createTeam, setMembership } from './members.ts';
import { rateLimitsOn } from './rate-limits.ts';
import { type RunnerOwner, registerRunner, removeRunner } from './runners.ts';
import { approveJob, cancelRun, type RerunSelection, rejectJob, rerun, startRun } from './runs.ts';
import {
  type Account,
  type App,
  emptyState,
  type Installation,
  type Job,
  type Membership,
  type Repository,
  type Run,
  type Runner,
  type RunnerGroup,
  type Team,
} from './state.ts';
import { SimStatusPage } from './status-page.ts';
import { timersOn } from './timers.ts';
import type { WebhookHandler } from './webhook.ts';
import { type ParsedWorkflow, parseWorkflow } from './workflow/parse-workflow.ts';
import type { Urls, World } from './world.ts';

export interface SimGithubOptions {
  clock: Clock;
  random: Random;
  beliefs?: Partial<Beliefs>;
  faults?: Partial<Faults>;
  webhookSecret?: string;
  urls?: Partial<Urls>;
}

export interface Push {
  /** `owner/name`. */
  repository: string;
  workflowYaml: string;
  /** Defaults to the branch `main`. */
  ref?: string;
  path?: string;
  sender?: string;
  secrets?: Readonly<Record<string, string>>;
}

export interface NewRunner {
  /** An organisation's login, or `owner/name` of a repository. */
  owner: string;
  name: string;
  labels: readonly string[];
  groupId?: number;
  /** Takes one job and is gone; it stays when left out. */
  ephemeral?: boolean;
}

export interface Start extends Omit<Push, 'workflowYaml'> {
  /** What `prepare` or `workflowOf` gave. */
  workflow: ParsedWorkflow;
}

const defaultPath = '.github/workflows/ci.yml';

export class SimGithub {
  readonly world: World;
  readonly statusPage: SimStatusPage;

  constructor(options: SimGithubOptions) {
    const { clock, random } = options;
    const beliefs = beliefsWith(options.beliefs);
    const faults: Faults = { ...noFaults(), ...options.faults };
    this.statusPage = new SimStatusPage(clock, () => faults.statusFeed());
    const timers = timersOn(clock);
    const ids = identifiersFrom(random);
    const app = newApp(ids.next('app'), options.webhookSecret ?? "It's a Secret to Everybody");
    this.world = {
      clock,
      random,
      beliefs,
      faults,
      timers,
      ids,
      app,
      state: emptyState(),
      deliveries: new DeliveryLog({ clock, timers, ids, beliefs, faults, app }),
      limits: rateLimitsOn(clock, beliefs),
      urls: {
        api: 'https://api.github.com',
        html: 'https://github.com',
        runner: 'https://actions.github.com',
        ...options.urls,
      },
      startedAt: instantOf(clock.now()),
    };
  }

  createOrganization(login: string): Account {
    return createAccount(this.world, login, 'Organization');
  }

  createUser(login: string): Account {
    return createAccount(this.world, login, 'User');
  }

  setMembership(who: { organization: string; user: string }, state: Membership['state'] | undefined): void {
    setMembership(this.world, who, state);
  }

  createTeam(team: { organization: string; slug: string; members: readonly string[] }): Team {
    return createTeam(this.world, team);
  }

  /** Installs the one App of this simulator on an account: on all its repositories, or on those that are named. */
  installApp(login: string, options: { repositories?: readonly string[] } = {}): Installation {
    return installApp(this.world, login, options);
  }

  createRepository(options: NewRepository): Repository {
    return createRepository(this.world, options);
  }

  createRunnerGroup(
    login: string,
    options: { name: string; repositories?: readonly string[]; allowsPublicRepositories?: boolean },
  ): RunnerGroup {
    return createRunnerGroup(this.world, login, options);
  }

  /** Pushes one workflow file and starts its run. A file with an error gives a run that has failed, with annotations. */
  async push({ workflowYaml, ...push }: Push): Promise<Run> {
    return this.start({ ...push, workflow: await this.prepare(workflowYaml, push.path) });
  }

  /** Parses a workflow file once, for many runs. */
  prepare(workflowYaml: string, path = defaultPath): Promise<ParsedWorkflow> {
    return parseWorkflow(path, workflowYaml);
  }

  /** Starts a run of a workflow that is parsed already. */
  start(start: Start): Run {
    const { workflow, path = defaultPath, ref = 'refs/heads/main', sender = 'octocat' } = start;
    const repository = repositoryOf(this.world, start.repository);
    const cause = { repository, path, ref, sender, event: 'push', secrets: start.secrets ?? {} };
    return startRun(this.world, cause, workflow);
  }

  cancel(run: Run, options: { force?: boolean } = {}): Answer<undefined> {
    return cancelRun(this.world, run, options.force);
  }

  rerun(run: Run, selection: RerunSelection = 'all'): Answer<undefined> {
    return rerun(this.world, run, selection);
  }

  approve(job: Job): Answer<undefined> {
    return approveJob(this.world, job);
  }

  reject(job: Job): Answer<undefined> {
    return rejectJob(this.world, job);
  }

  /** Registers a runner of somebody else's, which `runInProcess` starts with the configuration. */
  addRunner(options: NewRunner): { runner: Runner; jitConfig: string } {
    const { owner, groupId = defaultGroupId, name, labels, ephemeral = false } = options;
    const whose: RunnerOwner = owner.includes('/')
      ? { kind: 'repository', repository: repositoryOf(this.world, owner) }
      : { kind: 'organization', account: accountOf(this.world, owner) };
    const made = registerRunner(this.world, whose, { name, labels, runner_group_id: groupId });
    if (!made.ok) throw new Error(`bug: the runner ${name} is refused: ${made.message}`);
    made.value.ephemeral = ephemeral;
    return { runner: made.value, jitConfig: encodeJitConfig(this.world, made.value) };
  }

  /** Takes a registration away, as GitHub or an owner may at any time; a job that it has goes on. */
  evict(runner: Runner): void {
    removeRunner(this.world, runner);
  }

  /** Serves waiting runners anew; for when who may use what has changed. */
  assignNow(): void {
    serveAll(this.world);
  }

  /** Receives every webhook; the one handler stands for the App's webhook URL. */
  onDelivery(handler: WebhookHandler): void {
    this.world.deliveries.onDelivery(handler);
  }

  ping(): void {
    ping(this.world);
  }

  /** Stops all timers. Nothing happens any more by itself. */
  close(): void {
    this.world.timers.stop();
  }
}

function newApp(id: number, secret: string): App {
  return {
    id,
    slug: 'bellows',
    name: 'Bellows',
    permissions: {
      actions: 'read',
      administration: 'write',
      checks: 'write',
      members: 'read',
      organization_self_hosted_runners: 'write',
    },
    events: ['workflow_job'],
    hook: { url: undefined, secret },
  };
}
