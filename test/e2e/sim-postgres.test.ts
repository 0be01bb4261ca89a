// The same seed on a real PostgreSQL and on the store of the simulation. What comes first differs there by the real time
// that queries take; how everything ends must not.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryDatabase } from '../../src/adapters/store-memory/memory-store.ts';
import { minutes, seconds } from '../../src/domain/time.ts';
import type { JobWork } from '../../src/sim/github/in-process-runner.ts';
import type { Job } from '../../src/sim/github/state.ts';
import type { FaultName } from '../../src/sim/swarm/fault-kinds.ts';
import type { SwarmOptions } from '../../src/sim/swarm/options.ts';
import { runSeed, type SeedResult } from '../../src/sim/swarm/run-seed.ts';
import type { RestorableDatabase, World } from '../../src/sim/world/world.ts';
import {
  embedded,
  installedVersions,
  isInstalled,
  oldest,
  type ServerKind,
  startTestServer,
  type TestServer,
} from '../support/postgres-servers.ts';
import { PostgresWorld } from '../support/postgres-world.ts';

const small = (
  seed: number,
  faults: Partial<Record<FaultName, number>>,
  more: Partial<SwarmOptions> = {},
): SwarmOptions => ({
  seed,
  stormMs: minutes(6),
  servers: 2,
  organizations: 1,
  repositories: 1,
  hosts: [{ cpus: 8, memoryMib: 16_384, labels: [] }],
  runs: 3,
  // Alone: which of several jobs fails first would decide over the others.
  width: 1,
  jobMs: [seconds(5), seconds(60)],
  faults,
  ...more,
});

const seeds: [string, SwarmOptions][] = [
  ['nothing at all', small(1, {})],
  ['servers that crash', small(2, { 'server-crash': 0.002, 'server-killed': 2 })],
  ['a database that is away', small(3, { 'database-away': 2, 'call-failed': 0.05 })],
  [
    'webhooks lost, doubled and reversed',
    small(4, { 'delivery-lost': 0.2, 'delivery-doubled': 0.3, 'deliveries-reversed': 0.5 }),
  ],
  ['one server that crashes', small(5, { 'server-crash': 0.003, 'late-assignment': 0.3 }, { servers: 1 })],
  [
    'agents that crash and a GitHub that lies',
    small(6, { 'agent-crash': 0.005, 'busy-shown-idle': 0.5, 'call-lost-answer': 0.05, partition: 1 }),
  ],
  ['commits of which nobody hears', small(8, { 'commit-answer-lost': 0.03 })],
];

/** The restored data has a name of its own, or that of the dump: the seed chooses. */
const restores: [string, SwarmOptions][] = [7, 9].map((seed) => [
  `a database that is put back to a dump (seed ${seed})`,
  small(seed, { 'database-restored': 2, 'delivery-lost': 0.2 }, { stormMs: minutes(12), runs: 6 }),
]);

/** Only Debian's has the programs that make a dump. */
const seedsOf = ({ bin }: ServerKind): typeof seeds =>
  bin === undefined ? seeds : [...seeds.slice(2, 5), ...restores];

for (const kind of [embedded, oldest]) {
  const title = `a seed ends on ${kind.name} as it does in memory, with`;
  if (!isInstalled(kind)) {
    const there = installedVersions().join(', ') || 'none';
    const words = `${title} NOT TRIED: it is not installed (Debian has ${there}); apt-get install postgresql-15`;
    process.stderr.write(`\n${words}\n\n`);
    it(words, (context) => context.skip(words));
    continue;
  }
  describe(title, () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await startTestServer(kind);
    });
    afterAll(() => server.stop());

    it.each(seedsOf(kind))('%s', async (_what, options) => {
      await server.empty();
      const database = new PostgresWorld(server);
      const onPostgres = await endOf(options, database).finally(() => database.close());
      const inMemory = await endOf(options, createMemoryDatabase());
      expect(inMemory.result).toMatchObject({ outcome: 'ok', findings: [] });
      expect(onPostgres.result).toMatchObject({ outcome: 'ok', findings: [] });
      expect(onPostgres.end).toEqual(inMemory.end);
      expect(inMemory.end.jobs.length).toBeGreaterThan(2);
      const { injected } = onPostgres.result;
      expect(Object.keys(injected).length > 0).toBe(Object.keys(options.faults).length > 0);
      expect(onPostgres.restores > 0).toBe(options.faults['database-restored'] !== undefined);
    });
  });
}

interface End {
  /** GitHub's word and ours on each job, in the order of their names. */
  jobs: readonly string[];
  liveVms: number;
  machines: readonly string[];
  leftovers: readonly string[];
  registrations: readonly string[];
}

async function endOf<Snapshot>(
  options: SwarmOptions,
  database: RestorableDatabase<Snapshot>,
): Promise<{ result: SeedResult; end: End; restores: number }> {
  const { promise: shown, resolve } = Promise.withResolvers<World>();
  let restores = 0;
  const result = await runSeed(options, {
    database,
    onLine(line) {
      if (line.includes('operator restored the database')) restores += 1;
    },
    onWorld(world) {
      world.weather.work = workOf;
      resolve(world);
    },
  });
  return { result, end: await look(await shown), restores };
}

/** A matter of the job alone, whichever comes first. */
function workOf(job: Job): JobWork {
  const number = nameOf(job)
    .split('')
    .reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1009, 7);
  return { durationMs: seconds(5 + (number % 50)), conclusion: number % 5 === 0 ? 'failure' : 'success' };
}

const nameOf = ({ run, name, attempt }: Job): string => `run ${run.id}, ${name}, attempt ${attempt}`;

async function look({ github, hosts, store }: World): Promise<End> {
  const { state } = github.world;
  const { rows, live } = await store.transaction(async (tx) => ({
    rows: await tx.jobs.list({}, 1_000),
    live: await tx.vms.allLive(),
  }));
  const ours = new Map(rows.map((row) => [Number(row.id), row]));
  const jobs = [...state.jobs.values()].map((job) => {
    const row = ours.get(Number(job.id));
    return `${nameOf(job)}: ${job.conclusion}, we say ${row?.state} ${row?.knowledge.completed?.conclusion}`;
  });
  return {
    jobs: jobs.sort(),
    liveVms: live.length,
    machines: hosts.flatMap(({ host }) => host.running),
    leftovers: hosts.flatMap(({ host }) => host.leftovers()),
    registrations: [...state.runners.values()].filter(({ removed }) => !removed).map(({ name }) => name),
  };
}
