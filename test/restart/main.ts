// The proof that VMs outlive their agent: ten jobs in real VMs, while the agent is killed again and again, inside each of its
// steps, and replaced once by another version. Every job must pass, each in the VM that was made for it, and nothing be left.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Backstage, repository, setBackstage } from '../../demo/compose.ts';
import { destroyAll, endProcesses } from '../../demo/destroy-all.ts';
import { leaksBetween, takeInventory } from '../../demo/leaks/inventory.ts';
import { isOfVm } from '../../demo/leaks/of-vm.ts';
import { demoLog } from '../../demo/log.ts';
import { look, Narrator, type Seen, watch } from '../../demo/watch.ts';
import { buildDefaultImage } from '../../src/main/default-image.ts';
import type { Kill } from './hunt.ts';
import { type Moment, moments, Standing } from './moment.ts';
import { MortalAgent } from './mortal-agent.ts';

type Say = (line: string) => void;

const jobCount = 10;
const atOnce = 2;
const fewestKills = 20;
const hitsForEach = 2;
/** In the life of one VM, so that its deadlines are not what is tried. */
const mostDeaths = 3;
const limitMs = 40 * 60_000;
const versions = ['1.0.0', '1.1.0'] as const;

const workflow = `
on: push
jobs:
  job:
    runs-on: bellows-2cpu-1gb
    strategy:
      matrix:
        n: [${Array.from({ length: jobCount }, (_, index) => index + 1).join(', ')}]
    steps:
      - run: sleep 10
      - run: echo "job \${{ matrix.n }} has passed"
`;

interface Findings {
  kills: number;
  /** Deaths that the journal shows to have been inside the step. */
  hits: Partial<Record<Moment, number>>;
  /** How often the agent died with each VM at some moment. */
  deaths: Record<string, number>;
  passed: number;
  vms: number;
  /** VMs of ours that failed, with why. */
  failures: readonly string[];
  /** The version that the control plane heard of in the end, and how many VMs had jobs when the agent was replaced. */
  upgrade: { heard: string | undefined; busy: number };
}

export type RestartOutcome = { ok: boolean } & Readonly<Record<string, unknown>>;

/** @throws when something does not come to its end in time; what was started is ended all the same. */
export async function run(say: Say): Promise<RestartOutcome> {
  const { digest } = await buildDefaultImage();
  const machine = { marks: [], folders: [], registrations: async () => [] };
  const before = await takeInventory(machine);
  const backstage = await setBackstage({
    image: digest,
    emulated: true,
    runnersAreLocal: false,
    looksOften: false,
    log: demoLog(false, say),
  });
  const { folder } = backstage;
  const found: Findings = {
    kills: 0,
    hits: {},
    deaths: {},
    passed: 0,
    vms: 0,
    failures: [],
    upgrade: { heard: undefined, busy: 0 },
  };
  const leaks: string[] = [];
  try {
    const agent = await startAgentOf(backstage);
    try {
      await prove(backstage, agent, found, say);
    } finally {
      try {
        await destroyAll(backstage, 60_000);
        leaks.push(...(await leftByVms(backstage)));
      } finally {
        await agent.stop();
        await endProcesses(folder);
      }
    }
  } finally {
    await backstage.stop();
  }
  const after = await takeInventory({ ...machine, marks: [folder], folders: [folder] });
  leaks.push(...leaksBetween(before, after).map(({ kind, what }) => `${kind}: ${what}`));
  return verdict(found, leaks);
}

const startAgentOf = ({ server, folder, enrolToken, githubServer }: Backstage): Promise<MortalAgent> =>
  MortalAgent.start({
    url: server.url,
    folder: join(folder, 'agent'),
    enrolToken,
    githubPort: githubServer.port,
    version: versions[0],
    vms: atOnce,
  });

/** Whatever still carries a VM's name when all VMs are gone, on the host and at GitHub. */
async function leftByVms({ folder, github }: Backstage): Promise<readonly string[]> {
  const runners = [...github.world.state.runners.values()];
  const found = await takeInventory({
    marks: [folder],
    folders: [join(folder, 'agent')],
    registrations: async () => runners.filter(({ removed }) => !removed).map(({ name }) => name),
  });
  return found.filter(isOfVm).map(({ kind, what }) => `${kind}: ${what}`);
}

function verdict(found: Findings, leaks: readonly string[]): RestartOutcome {
  const missed = moments.filter((moment) => (found.hits[moment] ?? 0) === 0);
  const { kills, passed, vms, failures, upgrade } = found;
  const ok =
    kills >= fewestKills &&
    missed.length === 0 &&
    passed === jobCount &&
    // Each job in the VM that was made for it at first.
    vms === jobCount &&
    failures.length === 0 &&
    upgrade.heard === versions[1] &&
    upgrade.busy > 0 &&
    leaks.length === 0;
  return { ok, ...found, missed, leaks };
}

async function prove(backstage: Backstage, agent: MortalAgent, found: Findings, say: Say): Promise<void> {
  await backstage.github.push({ repository, path: '.github/workflows/ten.yml', workflowYaml: workflow });
  say(`pushed ${jobCount} jobs; ${atOnce} VMs at a time`);
  const over = new AbortController();
  const killing = killAgain(backstage, agent, found, over.signal, say);
  try {
    const watched = watch(() => backstage.server.store, {
      narrator: new Narrator(say),
      done: isOver,
      limitMs,
      signal: over.signal,
    });
    // The killing ends by itself; before the jobs do only when it fails.
    const seen = await Promise.race([watched, killing.then(() => watched)]);
    found.passed = seen.jobs.filter((job) => job.knowledge.completed?.conclusion === 'success').length;
    found.vms = seen.vms.length;
    found.failures = seen.vms.flatMap(({ id, failure }) =>
      failure === undefined ? [] : [`${id}: ${failure.reason} (${failure.owner})`],
    );
    const [host] = await backstage.server.store.transaction((tx) => tx.hosts.list());
    found.upgrade.heard = host?.version;
  } finally {
    over.abort();
    await killing;
  }
}

const isOver = ({ jobs, vms }: Seen): boolean =>
  jobs.length === jobCount &&
  jobs.every(({ state }) => state === 'done') &&
  vms.every(({ state }) => state === 'gone');

/** Kills and revives until every moment was hit often enough, or all is over. The first death inside a job is followed by the upgrade. */
async function killAgain(
  { server }: Backstage,
  agent: MortalAgent,
  found: Findings,
  signal: AbortSignal,
  say: Say,
): Promise<void> {
  for (;;) {
    const wanted = moments.filter((moment) => (found.hits[moment] ?? 0) < hitsForEach);
    if (wanted.length === 0 || signal.aborted) return;
    const spare = Object.keys(found.deaths).filter((vm) => (found.deaths[vm] ?? 0) >= mostDeaths);
    const blow = await agent.killAt(wanted, spare, signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (blow === undefined) return;
    const { vm, moment } = blow;
    const inside = await isInside(agent.journal, blow);
    found.kills += 1;
    found.deaths[vm] = (found.deaths[vm] ?? 0) + 1;
    if (inside) found.hits[moment] = (found.hits[moment] ?? 0) + 1;
    say(`kill ${found.kills}: ${vm} at ${moment}${inside ? '' : ', a moment too late'}`);
    await agent.revive();
    if (moment !== 'job' || found.upgrade.busy > 0) continue;
    const { vms } = await look(server.store);
    found.upgrade.busy = vms.filter(({ state }) => state === 'busy').length;
    await agent.upgrade(versions[1]);
    say(`upgraded from ${versions[0]} to ${versions[1]} over ${found.upgrade.busy} jobs`);
  }
}

/** Whether the agent died before it had written down that the moment was over. */
async function isInside(journal: string, { vm, moment }: Kill): Promise<boolean> {
  const standing = new Standing();
  const lines = (await readFile(journal, 'utf8')).split('\n').slice(0, -1);
  for (const line of lines) standing.read(line);
  return standing.at(moment).includes(vm);
}
