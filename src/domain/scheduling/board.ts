// The fleet while a plan is made: what each host has promised, what each organisation holds, and what was decided so far.
// Lives for one plan.

import type { HostId, VmId } from '../ids.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { reservingStates } from '../lifecycle/vm.ts';
import { scopeOwner } from '../scope.ts';
import type { Instant } from '../time.ts';
import type { CapacityPolicy, Usage } from './capacity.ts';
import { addVm, lacksFor, noUsage, usageOf } from './capacity.ts';
import type { Fitness, Hearing, OpenHost } from './fit.ts';
import { fitnessOf, isOpen } from './fit.ts';
import type { Host } from './host.ts';

/** What alike requests share: they fit the same hosts, so that where one finds no room, none of the others does. */
export interface Kind {
  readonly fitness: Fitness;
  /** None of it can be placed any more: within a plan, room only shrinks. */
  isStuck: boolean;
}

export interface Request {
  vm: Vm;
  owner: string;
  since: Instant;
  kind: Kind;
}

export class Board {
  readonly policy: CapacityPolicy;
  /** How many hosts may be given VMs. */
  readonly openHosts: number;
  readonly #hosts: readonly Host[];
  readonly #hearing: Hearing;
  readonly #used: Map<HostId, Usage>;
  readonly #byOwner: Map<string, Usage>;
  readonly #total: Usage;
  readonly #kinds = new Map<string, Kind>();
  readonly #placements = new Map<VmId, HostId>();
  #reservation: { vm: VmId; host: HostId } | undefined;

  constructor(hosts: readonly Host[], vms: readonly Vm[], policy: CapacityPolicy, hearing: Hearing) {
    this.#hosts = hosts;
    this.#hearing = hearing;
    this.policy = policy;
    const reserving = vms.filter(({ state }) => reservingStates.has(state));
    const onHost = Map.groupBy(reserving, ({ host }) => host);
    this.#used = new Map(hosts.map(({ id }) => [id, usageOf(onHost.get(id) ?? [], policy)]));
    const ofOwner = Map.groupBy(reserving, ({ scope }) => scopeOwner(scope));
    this.#byOwner = new Map([...ofOwner].map(([owner, theirs]) => [owner, usageOf(theirs, policy)]));
    const open = hosts.filter((host) => isOpen(host, hearing));
    this.openHosts = open.length;
    this.#total = {
      ...noUsage,
      milliCpus: sum(open, ({ capacity }) => capacity.milliCpus) * policy.cpuOvercommit,
      memoryMib: sum(open, ({ capacity }) => capacity.memoryMib),
    };
  }

  /** Organisations that hold a part of the fleet. */
  owners(): readonly string[] {
    return [...this.#byOwner.keys()];
  }

  /** The part of the fleet that an organisation holds, by the resource of which it holds most. */
  shareOf(owner: string): number {
    const { milliCpus, memoryMib } = this.#byOwner.get(owner) ?? noUsage;
    return Math.max(milliCpus / this.#total.milliCpus, memoryMib / this.#total.memoryMib);
  }

  /** Which hosts may take the VM is found out once for all that are alike. */
  kindOf(vm: Vm, owner: string): Kind {
    const { milliCpus, memoryMib, diskGib, arch, hostLabels } = vm.shape;
    const key = `${owner} ${vm.image} ${milliCpus} ${memoryMib} ${diskGib} ${arch} ${hostLabels.join(',')}`;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const fitness = fitnessOf(vm, this.#hosts, this.policy, this.#hearing);
    const kind = { fitness, isStuck: fitness.kind === 'none' };
    this.#kinds.set(key, kind);
    return kind;
  }

  /** Gives the VM a host; when none has room, its kind is stuck. */
  place({ vm, owner, kind }: Request): boolean {
    const host = hostsOf(kind)
      .filter((host) => !this.isKeptFrom(vm, host) && this.lacks(host, vm) === undefined)
      .reduce<OpenHost | undefined>(
        (a, b) => (a === undefined || this.#loadWith(b, vm) < this.#loadWith(a, vm) ? b : a),
        undefined,
      );
    kind.isStuck = host === undefined;
    if (host === undefined) return false;
    this.#used.set(host.id, addVm(this.usedOn(host.id), vm.shape, this.policy, true));
    this.#byOwner.set(owner, addVm(this.#byOwner.get(owner) ?? noUsage, vm.shape, this.policy, true));
    this.#placements.set(vm.id, host.id);
    return true;
  }

  /** Keeps the host with the most free memory: it is the nearest to having enough, and stays so while nobody is put there. */
  reserveFor({ vm, kind }: Request): void {
    const free = (host: OpenHost): number => host.capacity.memoryMib - this.usedOn(host.id).memoryMib;
    const host = hostsOf(kind).reduce<OpenHost | undefined>(
      (a, b) => (a === undefined || free(b) > free(a) ? b : a),
      undefined,
    );
    if (host !== undefined) this.#reservation = { vm: vm.id, host: host.id };
  }

  get placements(): ReadonlyMap<VmId, HostId> {
    return this.#placements;
  }

  get reservation(): { vm: VmId; host: HostId } | undefined {
    return this.#reservation;
  }

  /** Whether the host is kept for another VM. */
  isKeptFrom(vm: Vm, { id }: OpenHost): boolean {
    return this.#reservation?.host === id && this.#reservation.vm !== vm.id;
  }

  lacks({ id, capacity }: OpenHost, vm: Vm): ReturnType<typeof lacksFor> {
    return lacksFor(capacity, this.usedOn(id), vm.shape, this.policy);
  }

  usedOn(host: HostId): Usage {
    return this.#used.get(host) ?? noUsage;
  }

  /** How full the host would be: VMs are spread, since CI jobs like idle processors. */
  #loadWith({ id, capacity }: OpenHost, vm: Vm): number {
    const { milliCpus, memoryMib } = addVm(this.usedOn(id), vm.shape, this.policy, true);
    return Math.max(
      milliCpus / (capacity.milliCpus * this.policy.cpuOvercommit),
      memoryMib / capacity.memoryMib,
    );
  }
}

/** Hosts that could take it when they are empty. */
export const hostsOf = ({ fitness }: Kind): readonly OpenHost[] =>
  fitness.kind === 'fits' ? fitness.hosts : [];

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
