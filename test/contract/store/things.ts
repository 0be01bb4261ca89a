// Plain jobs, VMs, hosts and deliveries, of which a test names only what it is about.

import type { HostVitals } from '../../../src/domain/hosts/vitals.ts';
import {
  type DeliveryGuid,
  deliveryGuid,
  type HostId,
  hostId,
  imageDigest,
  installationId,
  jobId,
  repositoryId,
  runId,
  runnerName,
  vmId,
} from '../../../src/domain/ids.ts';
import { labelKey, labelSet } from '../../../src/domain/labels/label-set.ts';
import type { Job } from '../../../src/domain/lifecycle/job.ts';
import type { Vm } from '../../../src/domain/lifecycle/vm.ts';
import type { Host } from '../../../src/domain/scheduling/host.ts';
import type { VmShape } from '../../../src/domain/scheduling/shape.ts';
import { type Scope, scopeKey } from '../../../src/domain/scope.ts';
import { type Instant, instantOf } from '../../../src/domain/time.ts';
import type { NewDelivery } from '../../../src/ports/delivery-tables.ts';

/** A Tuesday in November, and so many milliseconds later. */
export const at = (ms: number): Instant => instantOf(Date.UTC(2026, 10, 24, 12) + ms);

export const acme: Scope = {
  kind: 'organization',
  installationId: installationId(7),
  login: 'Acme',
  groupId: 1,
};
export const globex: Scope = {
  kind: 'repository',
  installationId: installationId(8),
  owner: 'Globex',
  name: 'App',
};
export const acmeKey = scopeKey(acme);
export const globexKey = scopeKey(globex);

export const small = labelSet(['bellows-2cpu-4gb']);
export const smallKey = labelKey(small);
export const big = labelSet(['bellows-8cpu-32gb', 'self-hosted']);
export const bigKey = labelKey(big);

const shape: VmShape = {
  milliCpus: 2000,
  memoryMib: 4096,
  diskGib: 20,
  arch: 'x64',
  burstable: false,
  hostLabels: [],
};

export function job(id: number, changes: Partial<Job> = {}): Job {
  return {
    id: jobId(id),
    runId: runId(1),
    runAttempt: 1,
    name: `build (${id})`,
    workflowName: 'ci',
    headBranch: 'main',
    headSha: 'c0ffee',
    url: `https://github.com/acme/app/actions/runs/1/job/${id}`,
    scope: acme,
    repository: { id: repositoryId(3), fullName: 'Acme/App', private: true, fork: false },
    labels: small,
    service: { kind: 'ours', shape },
    knowledge: { before: { queued: { asOf: at(0), heardAt: at(5) } } },
    state: 'queued',
    undecided: false,
    waitingFor: '',
    firstSeenAt: at(id),
    since: at(id),
    version: 1,
    ...changes,
  };
}

export const vmName = (n: number): Vm['id'] => vmId(`vm-${String(n).padStart(12, '0')}`);

export function vm(n: number, changes: Partial<Vm> = {}): Vm {
  return {
    id: vmName(n),
    scope: acme,
    labels: small,
    shape,
    image: imageDigest(`sha256:${'a'.repeat(64)}`),
    cause: jobId(1),
    attempt: 0,
    state: 'requested',
    runnerName: runnerName(`bellows-test-${n}`),
    requestedAt: at(n),
    since: at(n),
    deadline: at(n + 60_000),
    version: 1,
    ...changes,
  };
}

export const hostName = (n: number): Host['id'] => hostId(`host-${String(n).padStart(12, '0')}`);

export function host(n: number, changes: Partial<Host> = {}): Host {
  return {
    id: hostName(n),
    name: `rack-${n}`,
    owners: [],
    signingKey: { kty: 'OKP', crv: 'Ed25519', x: 'c2lnbg' },
    sealingKey: { kty: 'OKP', crv: 'X25519', x: 'c2VhbA' },
    state: 'online',
    enrolledAt: at(n),
    generation: 1,
    revision: 1,
    ...changes,
  };
}

export const guid = (n: number): DeliveryGuid =>
  deliveryGuid(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);

export function delivery(n: number, changes: Partial<NewDelivery> = {}): NewDelivery {
  return {
    guid: guid(n),
    event: 'workflow_job',
    body: new TextEncoder().encode(JSON.stringify({ action: 'queued', n })),
    receivedAt: at(n),
    ...changes,
  };
}

export const vitals = (host: HostId, changes: Partial<HostVitals> = {}): HostVitals => ({
  host,
  at: at(0),
  roundTripMs: 1.5,
  told: {
    load: [0.5, 1, 2],
    processors: 8,
    memoryBytes: 2 ** 35,
    memoryAvailableBytes: 2 ** 34,
    diskBytes: 2 ** 40,
    diskFreeBytes: 2 ** 39,
    egress: { receivedBytes: 2 ** 50, sentBytes: 7 },
    kernel: '6.1.0',
    agentStartedAt: at(-120_000),
    images: [
      {
        digest: imageDigest(`sha256:${'1'.repeat(64)}`),
        builtAt: at(-3),
        runner: { version: '2.336.0', releasedAt: at(-8) },
      },
    ],
  },
  ...changes,
});
