// An organisation with work in every table, all of it called by a word that nothing else on earth is called by, and those who ask.

import { openMemoryStore } from '../../src/adapters/store-memory/memory-store.ts';
import type { apiHandlers } from '../../src/control-plane/requests/api.ts';
import type { Caller } from '../../src/domain/access/caller.ts';
import type { Histogram } from '../../src/domain/attribution/histogram.ts';
import type { StreamKey } from '../../src/domain/attribution/sample.ts';
import { newStream, type Stream } from '../../src/domain/attribution/stream.ts';
import { imageDigest, installationId, jobId, repositoryId } from '../../src/domain/ids.ts';
import { aFinishedJob } from '../../src/domain/insights/insights.fixture.ts';
import { defaultTiming } from '../../src/domain/lifecycle/deadlines.ts';
import { defaultCapacityPolicy } from '../../src/domain/scheduling/capacity.ts';
import { type Scope, scopeKey } from '../../src/domain/scope.ts';
import { days, minutes } from '../../src/domain/time.ts';
import type { ApiToken } from '../../src/ports/access-tables.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Store, Transaction } from '../../src/ports/store.ts';
import { seededRandom } from '../../src/sim/github/stage.ts';
import { at, host, job, vitals, vm } from '../contract/store/things.ts';

/** In every word that is planted; nothing else on earth is called so. */
export const mark = 'zqx';
export const plantedScope: Scope = {
  kind: 'organization',
  installationId: installationId(9),
  login: `${mark}-org`,
  groupId: 1,
};
const plantedKey = scopeKey(plantedScope);
export const plantedJob = job(990_017, {
  scope: plantedScope,
  name: `${mark} build`,
  workflowName: `${mark} ci`,
  headBranch: `${mark}-branch`,
  url: `https://github.com/${mark}-org/app/actions/runs/1/job/990017`,
  repository: { id: repositoryId(77), fullName: `${mark}-org/app`, private: true, fork: false },
});
export const plantedHost = host(1, { name: `${mark}-rack`, owners: [`${mark}-org`] });
export const plantedVm = vm(1, {
  scope: plantedScope,
  host: plantedHost.id,
  cause: plantedJob.id,
  state: 'busy',
});

export const plantedToken: ApiToken = {
  id: 'token-990018',
  hash: 'no token has this hash',
  name: `${mark} deploys`,
  scopes: ['read'],
  owners: [`${mark}-org`],
  person: 990_019,
  createdBy: `${mark}-member`,
  createdAt: at(1),
  expiresAt: at(1_000_000),
};

const person = (name: string, reach: readonly string[], mayOperate: boolean): Caller => ({
  kind: 'person',
  name,
  key: name,
  reach,
  mayOperate,
  credential: { kind: 'session', hash: `session of ${name}` },
});
export const callers: Record<string, Caller> = {
  member: { ...person('member', [`${mark}-org`], false), person: 990_019 },
  stranger: person('stranger', [], false),
  other: person('other', ['globex'], false),
  'other-operator': person('other-operator', ['globex'], true),
};

export async function plantedStore(): Promise<Store> {
  const store = openMemoryStore();
  await store.transaction(async (tx) => {
    await tx.jobs.insert(plantedJob);
    await tx.vms.insert(plantedVm);
    await tx.hosts.insert(plantedHost);
    await tx.vitals.put(vitals(plantedHost.id, { at: at(1) }));
    await tx.apiTokens.add(plantedToken);
    await tx.audit.append({ at: at(1), by: `${mark}-member`, from: '::1', action: 'makeToken', data: {} });
    const data = { note: `${mark} note` };
    await tx.history.append([
      { at: at(1), subject: { kind: 'job', id: plantedJob.id }, event: 'queued', data },
      { at: at(1), subject: { kind: 'host', id: plantedHost.id }, event: 'draining', data },
    ]);
    const had = { milliCpus: 8_000, memoryMib: 16_384, diskGib: 20 };
    await tx.insights.measure(plantedKey, plantedVm.runnerName, {
      peaks: { cpuPercent: 10, memoryMib: 100, diskMib: 100 },
      had,
    });
    for (const run of [10, 11, 12, 13, 14])
      tx.insights.record(jobId(plantedJob.id + run), {
        ...aFinishedJob(plantedJob.id + run, {
          endedAt: at(0),
          scope: plantedKey,
          runner: plantedVm.runnerName,
        }),
        ...{
          owner: `${mark}-org`,
          repository: `${mark}-org/app`,
          workflow: `${mark} ci`,
          name: `${mark} lint`,
        },
      });
    for (const week of [0, 1]) {
      tx.insights.record(jobId(plantedJob.id + week), {
        ...aFinishedJob(plantedJob.id + week, { endedAt: at(-week * days(7)), ms: minutes(2 - week) }),
        ...{
          owner: `${mark}-org`,
          repository: `${mark}-org/app`,
          workflow: `${mark} ci`,
          name: `${mark} build`,
        },
      });
    }
    const subject = { kind: 'job', id: plantedJob.id } as const;
    await plantIncident(tx);
    await tx.repairs.append([
      { at: at(1), kind: 'job-found-by-poll', cause: `${mark} cause`, subject, owner: `${mark}-org`, data },
    ]);
  });
  return store;
}

async function plantIncident(tx: Transaction): Promise<void> {
  await tx.attribution.putIncident({
    id: `incident-${mark}`,
    owner: 'workflow',
    subject: `repository:${mark}-org/app`,
    since: at(1),
    openedAt: at(1),
    evidence: [
      {
        stream: `fail workflow repository:${mark}-org/app`,
        what: 'failures',
        ratio: 4,
        jobs: 2,
        accounts: { [`${mark}-org`]: 2 },
        examples: [{ job: plantedJob.id, account: `${mark}-org`, at: at(1) }],
      },
    ],
  });
  const boots: Histogram = { bins: [[90, 100]], weight: 100 };
  await tx.attribution.putStreams(
    new Map<StreamKey, Stream>([
      [
        `time booting host:${plantedHost.id}`,
        { ...newStream(at(1)), seen: boots, lately: { seen: boots, asOf: at(1) } },
      ],
    ]),
  );
}

/** What the handlers are given. */
export function plantedDeps(store: Store): Parameters<typeof apiHandlers>[0] {
  return {
    store,
    clock: { now: () => at(2), sleep: () => Promise.resolve() },
    random: seededRandom('others'),
    log: silentLog,
    settings: {
      timing: defaultTiming,
      capacity: defaultCapacityPolicy,
      image: imageDigest(`sha256:${'1'.repeat(64)}`),
    },
    repair: async () => ({ mended: [], failed: [] }),
    readLog: async () => [`${mark} line`],
    readAgentLog: async () => [`${mark} line`],
    restartAgent: async () => 'restarting',
    ownLog: { read: () => [`${mark} line`] },
    github: {} as never,
    hook: {} as never,
    check: { appId: 1, publicUrl: undefined, owners: [], runnerGroups: {} },
  };
}

const planted = [
  mark,
  `${plantedJob.id}`,
  plantedVm.id,
  plantedVm.runnerName,
  plantedHost.id,
  plantedToken.id,
  plantedToken.hash,
  `${plantedToken.person}`,
];
/** What of it a text tells. */
export const learned = ({ text }: { text: string }): readonly string[] =>
  planted.filter((word) => text.includes(word));
