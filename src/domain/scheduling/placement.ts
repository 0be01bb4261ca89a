// A plan: which requested VM goes to which host, over a snapshot of hosts and VMs. It changes nothing; whoever commits it asks
// `lacksFor` again for each host. Order: first come first served within an organisation and fair between organisations (the
// one that uses least of the fleet comes next). A small VM may go past a big one that does not fit, but when the oldest has
// waited some minutes it is put first, and if it still does not fit, one host is kept for it until it does.

import type { HostId, JobId, VmId } from '../ids.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { scopeOwner } from '../scope.ts';
import type { DurationMs, Instant } from '../time.ts';
import { between, minutes } from '../time.ts';
import type { CapacityPolicy, Usage } from './capacity.ts';
import { addVm, lacksFor, noUsage, usageOf } from './capacity.ts';
import type { OpenHost } from './fit.ts';
import { fitnessOf, fullReason, isOpen } from './fit.ts';
import type { Host } from './host.ts';

export interface PlacementInput {
  hosts: readonly Host[];
  /** All VMs that are not gone, of every scope. */
  vms: readonly Vm[];
  /** Since when the jobs wait (`queuedSince`); a VM whose cause is not listed counts from its own request. */
  waitingSince: ReadonlyMap<JobId, Instant>;
  now: Instant;
  capacity: CapacityPolicy;
  reserveAfterMs: DurationMs;
}

export const defaultReserveAfterMs: DurationMs = minutes(5);

export interface PlacementPlan {
  placements: readonly { vm: VmId; host: HostId }[];
  unplaced: readonly { vm: VmId; cause: JobId; reason: string }[];
  /** The host that is kept for the oldest VM. */
  reservation?: { vm: VmId; host: HostId };
}

export function planPlacement(input: PlacementInput): PlacementPlan {
  const board = new Board(input);
  const waiting = lines(input);
  const oldest = mostPatient(waiting, board, input);
  if (oldest !== undefined) {
    if (board.place(oldest)) remove(waiting, oldest);
    else board.reserveFor(oldest);
  }
  for (let next = takeNext(waiting, board); next !== undefined; next = takeNext(waiting, board)) {
    if (!board.place(next)) board.refuse(next);
  }
  return board.plan();
}

interface Request {
  vm: Vm;
  owner: string;
  since: Instant;
}

type Lines = Map<string, Request[]>;

/** Each organisation's requests, oldest first; the organisations themselves in the order of their oldest. */
function lines({ vms, waitingSince }: PlacementInput): Lines {
  const requests = vms
    .filter(({ state }) => state === 'requested')
    .map((vm) => ({ vm, owner: scopeOwner(vm.scope), since: waitingSince.get(vm.cause) ?? vm.requestedAt }))
    .sort((a, b) => a.since - b.since || a.vm.cause - b.vm.cause || (a.vm.id < b.vm.id ? -1 : 1));
  return Map.groupBy(requests, ({ owner }) => owner);
}

/** The oldest request past its patience, of an organisation that does not already use more than its part of the fleet. */
function mostPatient(
  waiting: Lines,
  board: Board,
  { now, reserveAfterMs }: PlacementInput,
): Request | undefined {
  const owners = new Set([...waiting.keys(), ...board.owners()]);
  return [...waiting.values()]
    .flatMap(([first]) => first ?? [])
    .filter(
      ({ owner, since }) => between(since, now) >= reserveAfterMs && board.shareOf(owner) <= 1 / owners.size,
    )
    .find((request) => board.couldEverPlace(request));
}

function remove(waiting: Lines, { owner, vm }: Request): void {
  const line = waiting.get(owner)?.filter((request) => request.vm.id !== vm.id) ?? [];
  waiting.set(owner, line);
}

/** The first of the organisation that uses least; among equals, the one who waits longest. */
function takeNext(waiting: Lines, board: Board): Request | undefined {
  const heads = [...waiting.values()].flatMap(([first]) => first ?? []);
  const next = heads.reduce<Request | undefined>((a, b) => {
    if (a === undefined) return b;
    const difference = board.shareOf(b.owner) - board.shareOf(a.owner) || b.since - a.since;
    return difference < 0 ? b : a;
  }, undefined);
  if (next !== undefined) remove(waiting, next);
  return next;
}

/** The fleet while the plan is made. Lives for one plan. */
class Board {
  readonly #hosts: readonly Host[];
  readonly #policy: CapacityPolicy;
  readonly #used: Map<HostId, Usage>;
  readonly #byOwner: Map<string, Usage>;
  readonly #total: Usage;
  readonly #placements: { vm: VmId; host: HostId }[] = [];
  readonly #unplaced: { vm: VmId; cause: JobId; reason: string }[] = [];
  #reservation: { vm: VmId; host: HostId } | undefined;

  constructor({ hosts, vms, capacity: policy }: PlacementInput) {
    this.#hosts = hosts;
    this.#policy = policy;
    const onHost = Map.groupBy(vms, ({ host }) => host);
    this.#used = new Map(hosts.map(({ id }) => [id, usageOf(onHost.get(id) ?? [], policy)]));
    const ofOwner = Map.groupBy(vms, ({ scope }) => scopeOwner(scope));
    this.#byOwner = new Map([...ofOwner].map(([owner, theirs]) => [owner, usageOf(theirs, policy)]));
    const open = hosts.filter(isOpen);
    this.#total = {
      ...noUsage,
      milliCpus: sum(open, ({ capacity }) => capacity.milliCpus) * policy.cpuOvercommit,
      memoryMib: sum(open, ({ capacity }) => capacity.memoryMib),
    };
  }

  /** Organisations that hold a part of the fleet. */
  owners(): readonly string[] {
    return [...this.#byOwner].filter(([, { vms }]) => vms > 0).map(([owner]) => owner);
  }

  /** The part of the fleet that an organisation holds, by the resource of which it holds most. */
  shareOf(owner: string): number {
    const { milliCpus, memoryMib } = this.#byOwner.get(owner) ?? noUsage;
    return Math.max(milliCpus / this.#total.milliCpus, memoryMib / this.#total.memoryMib);
  }

  couldEverPlace({ vm }: Request): boolean {
    return fitnessOf(vm, this.#hosts, this.#policy).kind === 'fits';
  }

  place({ vm, owner }: Request): boolean {
    const fitness = fitnessOf(vm, this.#hosts, this.#policy);
    if (fitness.kind === 'none') return false;
    const host = fitness.hosts
      .filter(({ id, capacity }) => !this.#isKept(id, vm) && this.#lacks(id, capacity, vm) === undefined)
      .reduce<OpenHost | undefined>(
        (a, b) => (a === undefined || this.#loadWith(b, vm) < this.#loadWith(a, vm) ? b : a),
        undefined,
      );
    if (host === undefined) return false;
    this.#used.set(host.id, addVm(this.#usedOn(host.id), vm.shape, this.#policy, true));
    this.#byOwner.set(owner, addVm(this.#byOwner.get(owner) ?? noUsage, vm.shape, this.#policy, true));
    this.#placements.push({ vm: vm.id, host: host.id });
    return true;
  }

  /** Keeps the host with the most free memory: it is the nearest to having enough, and stays so while nobody is put there. */
  reserveFor({ vm }: Request): void {
    const fitness = fitnessOf(vm, this.#hosts, this.#policy);
    if (fitness.kind === 'none') return;
    const free = (host: OpenHost): number => host.capacity.memoryMib - this.#usedOn(host.id).memoryMib;
    const host = fitness.hosts.reduce<OpenHost | undefined>(
      (a, b) => (a === undefined || free(b) > free(a) ? b : a),
      undefined,
    );
    if (host !== undefined) this.#reservation = { vm: vm.id, host: host.id };
  }

  refuse({ vm }: Request): void {
    const fitness = fitnessOf(vm, this.#hosts, this.#policy);
    const reason = fitness.kind === 'none' ? fitness.reason : this.#fullFor(vm, fitness.hosts);
    this.#unplaced.push({ vm: vm.id, cause: vm.cause, reason });
  }

  plan(): PlacementPlan {
    return {
      placements: this.#placements,
      unplaced: this.#unplaced,
      ...(this.#reservation !== undefined && { reservation: this.#reservation }),
    };
  }

  #fullFor(vm: Vm, hosts: readonly OpenHost[]): string {
    const booting = hosts.filter(
      ({ id, capacity }) => !this.#isKept(id, vm) && this.#lacks(id, capacity, vm) === 'booting',
    );
    const reason = fullReason(hosts, new Set(booting.map(({ id }) => id)), this.#hosts.filter(isOpen).length);
    const kept = hosts.find(({ id }) => id === this.#reservation?.host);
    if (kept === undefined) return reason;
    return this.#reservation?.vm === vm.id
      ? `${reason}; ${kept.name} is kept for it`
      : `${reason}; ${kept.name} is kept for an older job`;
  }

  #isKept(host: HostId, vm: Vm): boolean {
    return this.#reservation?.host === host && this.#reservation.vm !== vm.id;
  }

  #usedOn(host: HostId): Usage {
    return this.#used.get(host) ?? noUsage;
  }

  #lacks(host: HostId, capacity: OpenHost['capacity'], vm: Vm): ReturnType<typeof lacksFor> {
    return lacksFor(capacity, this.#usedOn(host), vm.shape, this.#policy);
  }

  /** How full the host would be: VMs are spread, since CI jobs like idle processors. */
  #loadWith({ id, capacity }: OpenHost, vm: Vm): number {
    const { milliCpus, memoryMib } = addVm(this.#usedOn(id), vm.shape, this.#policy, true);
    return Math.max(
      milliCpus / (capacity.milliCpus * this.#policy.cpuOvercommit),
      memoryMib / capacity.memoryMib,
    );
  }
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
