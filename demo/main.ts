// `npm run demo`: one commit's jobs, each in a microVM of its own, before your eyes.

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import pc from 'picocolors';
import type { RepairKind } from '../src/domain/repair/repair.ts';
import { rsaJwkOf } from '../src/sim/github/http/shell.ts';
import { encodeJitConfig } from '../src/sim/github/jit-config.ts';
import { logOf } from '../src/sim/github/job-log.ts';
import { provideAgent } from './agent.ts';
import { Chaos, type InjectedKind, type Victims } from './chaos/chaos.ts';
import { mendedTable } from './chaos/mended-table.ts';
import { type Backstage, repository, setBackstage } from './compose.ts';
import type { DemoAgent } from './demo-agent.ts';
import { destroyAll, endProcesses } from './destroy-all.ts';
import { provideImage } from './image.ts';
import { leaksBetween, type Places, takeInventory } from './leaks/inventory.ts';
import { isOfVm } from './leaks/of-vm.ts';
import { demoLog } from './log.ts';
import { type DemoOptions, parseOptions } from './options.ts';
import { type PhaseMs, phasesOfAll, phasesTable } from './phases-table.ts';
import { findSecrets, needlesOf } from './secrets.ts';
import { type Ended, faults } from './verdict.ts';
import { Narrator, type Seen, vmOf, watch, withBootId } from './watch.ts';
import { expectations, workflow, workflowPath } from './workflow.ts';

/** As long as seven emulated VMs on two slow processors may take. */
const limitMs = 15 * 60_000;
const label = 'bellows-2cpu-1gb';
const startedAt = performance.now();

const say = (line: string): void => {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${pc.dim(seconds)}  ${line}\n`);
};

interface Mended {
  injected: Partial<Record<InjectedKind, number>>;
  repairs: Partial<Record<RepairKind, number>>;
}

interface Shown extends Mended {
  ended: readonly Ended[];
  phases: PhaseMs;
  faults: readonly string[];
}

async function demo(options: DemoOptions, signal: AbortSignal): Promise<boolean> {
  const log = demoLog(options.verbose, say);
  const image = await provideImage(options.driver, say, signal);
  const before = await takeInventory(machine);
  signal.throwIfAborted();

  const isLocal = options.driver === 'sim';
  say('starting a simulated GitHub, the control plane with its PostgreSQL, and an agent');
  const chaos = options.chaos ? chaosOf(options) : undefined;
  const backstage = await setBackstage({
    image,
    emulated: !isLocal,
    runnersAreLocal: isLocal,
    looksOften: options.chaos,
    log,
  });
  let shown: Shown | undefined;
  let left: readonly string[] = [];
  try {
    const { driver, verbose } = options;
    const agent = await provideAgent({ driver, backstage, image, log, killable: options.chaos, verbose });
    try {
      shown = await show(options, { backstage, agent, chaos }, signal);
      if (options.keep) await keep(backstage, signal);
    } finally {
      try {
        await chaos?.end(backstage.github);
        await destroyAll(backstage, 60_000);
        left = leaksBetween(before, await takeInventory(ofVms(backstage)))
          .filter(isOfVm)
          .map(({ kind, what }) => `${kind}: ${what}`);
      } finally {
        await agent.stop();
        await endProcesses(backstage.folder);
      }
    }
  } finally {
    await backstage.stop();
  }
  const { folder } = backstage;
  const after = leaksBetween(before, await takeInventory({ ...machine, marks: [folder], folders: [folder] }));
  const leaks = [...left, ...after.map(({ kind, what }) => `${kind}: ${what}`)];
  return conclude({ ...options, ...(chaos && { seed: chaos.seed }) }, shown, leaks);
}

function chaosOf({ seed = randomInt(1_000_000) }: DemoOptions): Chaos {
  say(`chaos: everything goes wrong by seed ${seed}; again with --chaos --seed ${seed}`);
  return new Chaos(seed, (line) => say(pc.magenta(line)));
}

interface Stage {
  backstage: Backstage;
  agent: DemoAgent;
  chaos: Chaos | undefined;
}

/** Pushes the commit, follows its jobs to their end, and judges them. */
async function show(
  options: DemoOptions,
  { backstage, agent, chaos }: Stage,
  signal: AbortSignal,
): Promise<Shown> {
  const withVms = options.driver === 'qemu';
  const expected = expectations(withVms);
  chaos?.brew(backstage.github);
  await backstage.github.push({ repository, path: workflowPath, workflowYaml: workflow(label, withVms) });
  say(`pushed a commit to ${repository}; its workflow has ${expected.length} jobs`);
  const victims: Victims = {
    crashAgent: () => agent.crash(),
    restartServer: () => backstage.restartServer(),
  };
  const secrets = new Set<string>();
  const allOver = ({ jobs, vms }: Seen): boolean =>
    jobs.length >= expected.length &&
    jobs.every(({ state }) => state === 'done') &&
    vms.every(({ state }) => state === 'gone');
  const seen = await watch(() => backstage.server.store, {
    narrator: new Narrator(say),
    done: (now) => {
      rememberJitConfigs(backstage, secrets);
      chaos?.look(now, victims);
      return allOver(now);
    },
    limitMs: chaos === undefined ? limitMs : 2 * limitMs,
    signal,
  });
  await chaos?.end(backstage.github);
  const { store } = backstage.server;
  const jobs = [...seen.jobs].sort((a, b) => a.id - b.id);
  const ended = await Promise.all(
    jobs.map(async (job) => ({
      job,
      vm: await withBootId(store, vmOf(job, seen)),
      log: jobLog(backstage, job.id),
    })),
  );
  const phases = await phasesOfAll(store, ended);
  process.stdout.write(`\n${phasesTable(phases, ended)}\n  phases in ms\n\n`);
  // Without VMs the runners are processes of this machine, and have their secrets there.
  const found = !withVms
    ? []
    : await findSecrets(
        needlesOf(backstage.keys, [...secrets]),
        [backstage.folder],
        [join(backstage.folder, 'postgres')],
      );
  const injected = chaos?.injected ?? {};
  const repairs = await store.transaction((tx) => tx.repairs.count({}));
  if (chaos !== undefined) process.stdout.write(`${mendedTable(injected, repairs)}\n\n`);
  const wrong = [...faults(expected, ended), ...found, ...(chaos?.faults() ?? [])];
  return { ended, phases, injected, repairs, faults: wrong };
}

const jobLog = ({ github }: Backstage, id: Ended['job']['id']): string => {
  const job = github.world.state.jobs.get(id);
  return (job === undefined ? undefined : logOf(job)) ?? '';
};

function rememberJitConfigs({ github, keys }: Backstage, secrets: Set<string>): void {
  for (const runner of github.world.state.runners.values()) {
    secrets.add(encodeJitConfig(github.world, runner, rsaJwkOf(keys.runner)));
  }
}

/** Whatever carries no name of ours: mounts, devices and the like. Another demo may be running beside this one. */
const machine: Places = { marks: [], folders: [], registrations: async () => [] };

const ofVms = ({ folder, github }: Backstage): Places => ({
  marks: [folder],
  folders: [join(folder, 'agent')],
  registrations: async () =>
    [...github.world.state.runners.values()].filter(({ removed }) => !removed).map(({ name }) => name),
});

async function keep({ server, githubServer, folder }: Backstage, signal: AbortSignal): Promise<void> {
  say(
    `everything stays up until Ctrl-C. The control plane: ${server.url}; the simulated GitHub: ${githubServer.url}`,
  );
  say(
    `look around: BELLOWS_URL=${server.url} BELLOWS_TOKEN_FILE=${folder}/admin-token npm run bellows -- jobs`,
  );
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function conclude(options: DemoOptions, shown: Shown | undefined, leaks: readonly string[]): boolean {
  const wrong = [...(shown?.faults ?? []), ...leaks.map((leak) => `left behind: ${leak}`)];
  const ok = shown !== undefined && wrong.length === 0;
  for (const fault of wrong) say(pc.red(fault));
  if (ok) {
    const where = options.driver === 'qemu' ? ', each in a microVM of its own' : '';
    say(pc.green(`all ${shown.ended.length} jobs ended as they should${where}; nothing is left`));
  }
  if (options.json) {
    const jobs = (shown?.ended ?? []).map(({ job, vm }) => ({
      name: job.name,
      conclusion: job.knowledge.completed?.conclusion,
      vm: vm?.id,
      bootId: vm?.bootId,
    }));
    const vms = new Set((shown?.ended ?? []).map(({ vm }) => vm?.id)).size;
    const { driver, seed } = options;
    const { phases = {}, injected = {}, repairs = {} } = shown ?? {};
    const report = { ok, jobs, vms, leaks, driver, phases, seed, injected, repairs };
    process.stdout.write(`${JSON.stringify({ ...report, faults: shown?.faults ?? [] })}\n`);
  }
  return ok;
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const stop = new AbortController();
  let told = false;
  const hear = (): void => {
    if (told) return;
    told = true;
    say('stopping; VMs are destroyed first');
    stop.abort(new Error('stopped by the user'));
  };
  process.on('SIGINT', hear);
  process.on('SIGTERM', hear);
  process.on('SIGHUP', hear);
  try {
    process.exitCode = (await demo(options, stop.signal)) ? 0 : 1;
  } catch (error) {
    // What was under way when the user stopped it fails in words of its own.
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    say(pc.red(message));
    if (options.verbose && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    if (options.json) process.stdout.write(`${JSON.stringify({ ok: false, error: message })}\n`);
    process.exitCode = stop.signal.aborted ? 130 : 1;
  }
}

await main();
