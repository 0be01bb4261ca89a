// Mutants that take something for what it is not: a job, a VM, a name, a host's room.

import type { RunnerName } from '../../domain/ids.ts';
import { runnerName } from '../../domain/ids.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import type { Secret } from '../../ports/secret.ts';
import type { Tamper } from '../world/world.ts';
import { alter, alterStore } from './alter.ts';
import type { Mutant } from './mutant.ts';

const oneName: RunnerName = runnerName('bellows-sim-000000000000');

export const mistaken: readonly Mutant[] = [
  {
    name: 'takes a failure for a success',
    caughtBy: 'I1 jobs ended as GitHub says',
    alsoSeenBy: ['the insights count what the rows say'],
    make: () => ({
      deps: alterStore((tx) => ({
        jobs: alter(tx.jobs, { update: (job) => tx.jobs.update(succeeded(job)) }),
      })),
    }),
  },
  {
    name: 'gives every second VM what was made for another',
    caughtBy: 'I2 a JIT configuration reaches one VM',
    make: () => {
      let kept: Secret | undefined;
      return {
        deps: (deps) => ({
          ...deps,
          sealer: {
            seal: (secret, receiver) => {
              const given = kept ?? secret;
              kept = kept === undefined ? secret : undefined;
              return deps.sealer.seal(given, receiver);
            },
          },
        }),
      };
    },
  },
  {
    name: 'registers every runner under one name',
    caughtBy: 'I2 one VM, one job',
    alsoSeenBy: ['I5 no registration outlives its VM', 'VMs ≤ jobs + counted repairs'],
    make: () => ({
      deps: (deps) => ({
        ...deps,
        github: alter(deps.github, {
          registerRunner: (scope, _name, labels) => deps.github.registerRunner(scope, oneName, labels),
        }),
      }),
    }),
  },
  {
    name: 'gives every VM the same name',
    caughtBy: 'I2 each VM has a name of its own',
    alsoSeenBy: ['I2 one VM, one job', 'VMs ≤ jobs + counted repairs'],
    make: () => ({
      deps: alterStore((tx) => ({
        vms: alter(tx.vms, { insert: (vm) => tx.vms.insert({ ...vm, runnerName: oneName }) }),
      })),
    }),
  },
  {
    name: 'thinks that hosts have four times their memory',
    caughtBy: 'I6 no host is promised too much',
    alsoSeenBy: ['I6 what runs fits into memory'],
    make: () => {
      const boastful = boastOfMemory();
      return {
        ...boastful,
        // The row says the truth; who plans does not read it.
        deps: alterStore((tx) => ({
          hosts: alter(tx.hosts, {
            update: (host) => tx.hosts.update(withMemory(host, 1 / 4)),
            list: async () => (await tx.hosts.list()).map((host) => withMemory(host, 4)),
          }),
        })),
      };
    },
  },
  {
    name: 'has agents that boast of their memory',
    caughtBy: 'I6 what runs fits into memory',
    alsoSeenBy: ['I6 no host is promised too much'],
    make: boastOfMemory,
  },
  {
    name: 'forgets whom a host is for',
    caughtBy: 'I9 a dedicated host serves its owners only',
    make: () => ({
      deps: alterStore((tx) => ({
        hosts: alter(tx.hosts, {
          list: async () => (await tx.hosts.list()).map((host) => ({ ...host, owners: [] })),
        }),
      })),
    }),
  },
  {
    name: 'does not see VMs that wait for a host when it counts its supply',
    caughtBy: 'VMs ≤ jobs + counted repairs',
    alsoSeenBy: ['surplus VMs are released'],
    make: () => ({
      deps: alterStore((tx) => ({
        vms: alter(tx.vms, {
          lately: async (...asked) =>
            (await tx.vms.lately(...asked)).filter((vm: Vm) => vm.host !== undefined),
        }),
      })),
    }),
  },
  {
    name: 'does not count every third job that succeeds',
    caughtBy: 'the insights count what the rows say',
    make: () => ({
      deps: alterStore((tx) => ({
        insights: alter(tx.insights, {
          record: (job, counts) => {
            if (job % 3 !== 0 || counts?.end !== 'success') tx.insights.record(job, counts);
          },
        }),
      })),
    }),
  },
];

function succeeded(job: Job): Job {
  const { completed } = job.knowledge;
  return completed?.conclusion === 'failure'
    ? { ...job, knowledge: { ...job.knowledge, completed: { ...completed, conclusion: 'success' } } }
    : job;
}

const withMemory = (host: Host, factor: number): Host =>
  host.capacity === undefined
    ? host
    : { ...host, capacity: { ...host.capacity, memoryMib: host.capacity.memoryMib * factor } };

function boastOfMemory(): Tamper {
  return {
    agent: (deps) => ({
      ...deps,
      inspector: {
        boot: () => deps.inspector.boot(),
        inspect: async () => {
          const facts = await deps.inspector.inspect();
          return { ...facts, memoryMib: facts.memoryMib * 4 };
        },
      },
    }),
  };
}
