// A plan: which requested VM goes to which host, over a snapshot of hosts and VMs. It changes nothing; whoever commits it asks
// `lacksFor` again for each host. Order: first come first served within an organisation and fair between organisations (the
// one that uses least of the fleet comes next). A small VM may go past a big one that does not fit, but when the oldest has
// waited some minutes it is put first, and if it still does not fit, one host is kept for it until it does.
//
// Thousands may wait, and a plan is made whenever a VM ends: so requests that are alike are looked at once (`Kind`), and a
// plan costs one pass over the line, besides what it places.

import type { HostId, JobId, VmId } from '../ids.ts';
import type { Vm } from '../lifecycle/vm.ts';
import { scopeOwner } from '../scope.ts';
import type { DurationMs, Instant } from '../time.ts';
import { between, minutes } from '../time.ts';
import { Board, type Request } from './board.ts';
import type { CapacityPolicy } from './capacity.ts';
import type { Host } from './host.ts';
import { reasonsFor, type Unplaced } from './waiting-reason.ts';

export interface PlacementInput {
  hosts: readonly Host[];
  /** All VMs that are not gone, of every scope. */
  vms: readonly Vm[];
  /** Since when the jobs wait (`queuedSince`); a VM whose cause is not listed counts from its own request. */
  waitingSince: ReadonlyMap<JobId, Instant>;
  now: Instant;
  capacity: CapacityPolicy;
  reserveAfterMs: DurationMs;
  /** A host that has said nothing for so long is given nothing, though it is not called silent yet. */
  unheardMs: DurationMs;
}

export const defaultReserveAfterMs: DurationMs = minutes(5);

export interface PlacementPlan {
  placements: readonly { vm: VmId; host: HostId }[];
  /** Oldest first. */
  unplaced: readonly Unplaced[];
  /** The host that is kept for the oldest VM. */
  reservation?: { vm: VmId; host: HostId };
}

export function planPlacement(input: PlacementInput): PlacementPlan {
  const board = new Board(input.hosts, input.vms, input.capacity, input);
  const requests = requestsOf(input, board);
  const waiting = [...Map.groupBy(requests, ({ owner }) => owner).values()].map(
    (line) => new Line(line, board),
  );
  const oldest = mostPatient(waiting, board, input);
  if (oldest !== undefined && !board.place(oldest)) board.reserveFor(oldest);
  for (let next = nextOf(waiting, board); next !== undefined; next = nextOf(waiting, board))
    board.place(next);

  const { placements, reservation } = board;
  const left = requests.filter(({ vm }) => !placements.has(vm.id));
  return {
    placements: [...placements].map(([vm, host]) => ({ vm, host })),
    unplaced: reasonsFor(left, board),
    ...(reservation !== undefined && { reservation }),
  };
}

/** Oldest first. */
function requestsOf({ vms, waitingSince }: PlacementInput, board: Board): readonly Request[] {
  return vms
    .filter(({ state }) => state === 'requested')
    .map((vm) => {
      const owner = scopeOwner(vm.scope);
      const since = waitingSince.get(vm.cause) ?? vm.requestedAt;
      return { vm, owner, since, kind: board.kindOf(vm, owner) };
    })
    .sort((a, b) => a.since - b.since || a.vm.cause - b.vm.cause || (a.vm.id < b.vm.id ? -1 : 1));
}

/** One organisation's requests, oldest first. */
class Line {
  readonly #requests: readonly Request[];
  readonly #board: Board;
  #passed = 0;

  constructor(requests: readonly Request[], board: Board) {
    this.#requests = requests;
    this.#board = board;
  }

  /** The oldest that has no host and may still find one. */
  get head(): Request | undefined {
    let request = this.#requests[this.#passed];
    while (request !== undefined && (request.kind.isStuck || this.#board.placements.has(request.vm.id))) {
      this.#passed += 1;
      request = this.#requests[this.#passed];
    }
    return request;
  }
}

const headsOf = (waiting: readonly Line[]): readonly Request[] => waiting.flatMap(({ head }) => head ?? []);

/** The oldest request past its patience, of an organisation that does not already use more than its part of the fleet. */
function mostPatient(
  waiting: readonly Line[],
  board: Board,
  { now, reserveAfterMs }: PlacementInput,
): Request | undefined {
  const heads = headsOf(waiting);
  const owners = new Set([...heads.map(({ owner }) => owner), ...board.owners()]);
  return heads
    .toSorted((a, b) => a.since - b.since)
    .find(
      ({ owner, since }) => between(since, now) >= reserveAfterMs && board.shareOf(owner) <= 1 / owners.size,
    );
}

/** The head of the organisation that uses least; among equals, the one who waits longest. */
const nextOf = (waiting: readonly Line[], board: Board): Request | undefined =>
  headsOf(waiting).reduce<Request | undefined>((a, b) => {
    if (a === undefined) return b;
    const difference = board.shareOf(b.owner) - board.shareOf(a.owner) || b.since - a.since;
    return difference < 0 ? b : a;
  }, undefined);
