// Whether a host can ever take a VM, and why none does, in words for the user.

import type { Vm } from '../lifecycle/vm.ts';
import { scopeOwner } from '../scope.ts';
import type { DurationMs, Instant } from '../time.ts';
import { between } from '../time.ts';
import type { CapacityPolicy } from './capacity.ts';
import { neverFits } from './capacity.ts';
import type { Hold, Host, HostCapacity } from './host.ts';

/** A host that may be given VMs now. */
export type OpenHost = Host & { capacity: HostCapacity };

/** When we look, and how long a host may have said nothing by then to be given VMs: one that went dark is called silent later. */
export interface Hearing {
  now: Instant;
  unheardMs: DurationMs;
}

type Closed = Host['state'] | Hold['kind'] | 'unheard' | 'unknown';

/** Why a host is given no VMs now; undefined when it may be. */
function closedBy(
  { state, hold, capacity, lastHeardAt }: Host,
  { now, unheardMs }: Hearing,
): Closed | undefined {
  if (hold !== undefined) return hold.kind;
  if (state === 'silent') return 'silent';
  if (capacity === undefined) return 'unknown';
  return lastHeardAt !== undefined && between(lastHeardAt, now) >= unheardMs ? 'unheard' : undefined;
}

const wordsFor: Readonly<Record<Closed, string>> = {
  draining: 'being drained',
  disabled: 'disabled',
  silent: 'silent',
  unheard: 'unheard of for a moment',
  unknown: 'not known yet',
  online: 'online',
};

export const isOpen = (host: Host, hearing: Hearing): host is OpenHost =>
  closedBy(host, hearing) === undefined;

/** What a host is asked for. An image is brought to the hosts without anybody's doing: left out where only what lasts counts. */
interface Wanted extends Pick<Vm, 'scope' | 'shape'> {
  image?: Vm['image'];
}

interface Stage {
  passes(host: OpenHost): boolean;
  /** Why, when no host passes; `left` are those that came as far. */
  why(left: readonly OpenHost[]): string;
}

function stagesFor({ scope, shape, image }: Wanted, policy: CapacityPolicy): readonly Stage[] {
  const owner = scopeOwner(scope);
  const has = (host: OpenHost, label: string): boolean =>
    host.capacity.labels.some((offered) => offered.toLowerCase() === label);
  return [
    {
      passes: ({ owners }) => owners.length === 0 || owners.includes(owner),
      why: () => `no host serves ${owner}`,
    },
    {
      passes: ({ capacity }) => shape.arch === 'any' || capacity.arch === shape.arch,
      why: () => `no ${shape.arch} host`,
    },
    {
      passes: (host) => shape.hostLabels.every((label) => has(host, label)),
      why: (left) => {
        const lacking = shape.hostLabels.find((label) => !left.some((host) => has(host, label)));
        return lacking === undefined
          ? `no host has all of the labels ${shape.hostLabels.join(', ')}`
          : `no host has label ${lacking}`;
      },
    },
    ...(image === undefined ? [] : [imageStage(image)]),
    {
      passes: ({ capacity }) => neverFits(capacity, shape, policy) === undefined,
      why: (left) => {
        const [lack = 'room'] = left.map(({ capacity }) => neverFits(capacity, shape, policy));
        // What a host has of disk is what others have left: the host may be large enough and full.
        return lack === 'disk' ? 'no host has so much free disk' : `too big: no host has so much ${lack}`;
      },
    },
  ];
}

const imageStage = (image: Vm['image']): Stage => ({
  passes: ({ capacity }) => capacity.images.includes(image),
  why: () => `no host has image ${image.slice(0, 19)}`,
});

export type Fitness =
  /** Hosts that could take it when they are empty. */
  { kind: 'fits'; hosts: readonly OpenHost[] } | { kind: 'none'; reason: string };

/** Which hosts could ever take the VM, however full they are now. */
export function fitnessOf(
  vm: Required<Wanted>,
  hosts: readonly Host[],
  policy: CapacityPolicy,
  hearing: Hearing,
): Fitness {
  if (hosts.length === 0) return { kind: 'none', reason: 'no host has joined' };
  const open = hosts.filter((host) => isOpen(host, hearing));
  const stages = stagesFor(vm, policy);
  const reason = open.length === 0 ? 'no host is online' : firstFault(open, stages);
  if (reason === undefined) {
    return { kind: 'fits', hosts: open.filter((host) => stages.every((stage) => stage.passes(host))) };
  }
  const wouldDo = hosts.filter((host) => isReported(host) && stages.every((stage) => stage.passes(host)));
  return { kind: 'none', reason: wouldDo.length === 0 ? reason : whyClosed(wouldDo, hearing) };
}

/**
 * Why no host that has joined could ever take it, drained and silent ones among them; undefined when one could, or when a host
 * has not yet told what it has.
 */
export function neverFitsAny(
  { scope, shape }: Wanted,
  hosts: readonly Host[],
  policy: CapacityPolicy,
): string | undefined {
  if (hosts.length === 0) return 'no host has joined';
  return hosts.every(isReported) ? firstFault(hosts, stagesFor({ scope, shape }, policy)) : undefined;
}

const isReported = (host: Host): host is OpenHost => host.capacity !== undefined;

/** @param hosts that would do and are given nothing; at least one. */
function whyClosed(hosts: readonly Host[], hearing: Hearing): string {
  const words = hosts.map((host) => wordsFor[closedBy(host, hearing) ?? 'online']);
  const some = hosts.slice(0, mostNames);
  const others = hosts.length > some.length ? ` and ${hosts.length - some.length} more` : '';
  if (new Set(words).size === 1)
    return `all hosts that fit are ${words[0]}: ${some.map(({ name }) => name).join(', ')}${others}`;
  const each = some.map(({ name }, index) => `${name} is ${words[index]}`);
  return `no host that fits takes VMs now: ${each.join(', ')}${others}`;
}

const mostNames = 3;

function firstFault(open: readonly OpenHost[], stages: readonly Stage[]): string | undefined {
  let left = open;
  for (const stage of stages) {
    const passed = left.filter((host) => stage.passes(host));
    if (passed.length === 0) return stage.why(left);
    left = passed;
  }
  return undefined;
}
