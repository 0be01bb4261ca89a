// Whose time each part of a job's life is. `Owner` of the lifecycle says who has to act on one VM; here GitHub is three, since
// its parts fail apart from one another and its status page tells of them apart.

import type { Owner as ActingOwner } from '../lifecycle/vm.ts';

export const owners = [
  'github-delivery',
  'github-api',
  'github-assignment',
  'bellows',
  'fleet',
  'host',
  'network',
  'workflow',
] as const;
export type Owner = (typeof owners)[number];

export const ownerWords: Readonly<Record<Owner, string>> = {
  'github-delivery': "GitHub's webhooks",
  'github-api': "GitHub's API",
  'github-assignment': "GitHub's assignment of jobs",
  bellows: 'Bellows',
  fleet: 'the size of the fleet',
  host: 'a host',
  network: 'the network',
  workflow: 'the workflow',
};

/** The parts whose time is watched. */
export const measuredPhases = [
  'delivery',
  'noticing',
  'placing',
  'starting',
  'registering',
  'booting',
  'connecting',
  'assigning',
  'running',
  'clearing',
] as const;
export type MeasuredPhase = (typeof measuredPhases)[number];

export interface PhaseRule {
  owner: Owner;
  /** What the usual is of: everything together, each host, each label set, or each repository. */
  by: 'all' | 'host' | 'labels' | 'repository';
  /** What a change looks like: all of it takes longer, or more of it is far out. */
  change?: 'share';
  /** Added to each duration: below it, a difference is no nuisance to anybody, and GitHub's stamps are whole seconds. */
  softMs: number;
  words: string;
}

export const phaseRules: Readonly<Record<MeasuredPhase, PhaseRule>> = {
  delivery: { owner: 'github-delivery', by: 'all', softMs: 500, words: 'until GitHub told us of the job' },
  noticing: { owner: 'bellows', by: 'all', softMs: 500, words: 'until a VM was asked for' },
  placing: {
    owner: 'fleet',
    by: 'labels',
    change: 'share',
    softMs: 1_000,
    words: 'until a host had room',
  },
  starting: { owner: 'host', by: 'host', softMs: 250, words: "until the VM's process was up" },
  registering: { owner: 'github-api', by: 'all', softMs: 250, words: 'until GitHub registered the runner' },
  booting: { owner: 'host', by: 'host', softMs: 250, words: 'until the guest answered' },
  connecting: { owner: 'network', by: 'all', softMs: 250, words: 'until the runner reached GitHub' },
  assigning: {
    owner: 'github-assignment',
    by: 'all',
    softMs: 500,
    words: 'until GitHub gave the runner the job',
  },
  running: { owner: 'workflow', by: 'repository', softMs: 1_000, words: 'for the job itself' },
  clearing: { owner: 'host', by: 'host', softMs: 1_000, words: 'until the VM was cleared away' },
};

/** GitHub's word for one VM's failure is about its API: nothing else of GitHub's fails a VM. */
export const ownerOfVmFailure: Readonly<Record<ActingOwner, Owner>> = {
  github: 'github-api',
  bellows: 'bellows',
  host: 'host',
  network: 'network',
  fleet: 'fleet',
  workflow: 'workflow',
};
