// Why a VM finds no place, in words for the user. As many as would find room if the VMs before them had booted, or if no
// host were kept, wait for that; all behind them wait for room. So what is said changes only at the head of a long line,
// whatever comes and goes in the fleet.

import type { HostId, JobId, VmId } from '../ids.ts';
import type { Vm } from '../lifecycle/vm.ts';
import type { Board, Kind, Request } from './board.ts';
import { hostsOf } from './board.ts';
import { addVm, overpromised, type Usage } from './capacity.ts';
import type { OpenHost } from './fit.ts';

export interface Unplaced {
  vm: VmId;
  cause: JobId;
  reason: string;
  /** No host that is open now would take it, however empty. */
  unfit?: true;
}

/** @param requests what the finished plan has left without a host, oldest first. */
export function reasonsFor(requests: readonly Request[], board: Board): readonly Unplaced[] {
  const supposed = new Supposition(board);
  return requests.map(({ vm, kind }) => ({
    vm: vm.id,
    cause: vm.cause,
    reason: supposed.why(vm, kind),
    ...(kind.fitness.kind === 'none' && { unfit: true }),
  }));
}

/** The fleet as it would be with the VMs that only wait for others to boot, or for a host that is kept. */
class Supposition {
  readonly #board: Board;
  readonly #used = new Map<HostId, Usage>();
  /** Kinds that find no room even so, with what all the rest of them is told. */
  readonly #full = new Map<Kind, string>();

  constructor(board: Board) {
    this.#board = board;
  }

  why(vm: Vm, kind: Kind): string {
    if (kind.fitness.kind === 'none') return kind.fitness.reason;
    const { reservation } = this.#board;
    if (reservation?.vm === vm.id)
      return `${this.#wait(vm, kind)}; ${nameOf(kind, reservation.host)} is kept for it`;
    return this.#full.get(kind) ?? this.#wait(vm, kind);
  }

  #wait(vm: Vm, kind: Kind): string {
    const hosts = hostsOf(kind);
    const full = `full: ${hosts.length} of ${this.#board.openHosts} hosts`;
    const withRoom = hosts.filter((host) => this.#hasRoom(host, vm));
    const [host] = withRoom.toSorted((a, b) => this.#keptLast(vm, a) - this.#keptLast(vm, b));
    if (host === undefined) {
      this.#full.set(kind, full);
      return full;
    }
    this.#used.set(host.id, this.#with(host, vm));
    if (this.#board.isKeptFrom(vm, host)) return `${full}; ${host.name} is kept for an older job`;
    const booting = hosts.filter(
      (other) => !this.#board.isKeptFrom(vm, other) && this.#board.lacks(other, vm) === 'booting',
    );
    return `waiting for other VMs to boot on ${booting.length} of ${this.#board.openHosts} hosts`;
  }

  #keptLast(vm: Vm, host: OpenHost): number {
    return this.#board.isKeptFrom(vm, host) ? 1 : 0;
  }

  #hasRoom(host: OpenHost, vm: Vm): boolean {
    return overpromised(host.capacity, this.#with(host, vm), this.#board.policy) === undefined;
  }

  #with({ id }: OpenHost, vm: Vm): Usage {
    return addVm(this.#used.get(id) ?? this.#board.usedOn(id), vm.shape, this.#board.policy, true);
  }
}

const nameOf = (kind: Kind, host: HostId): string =>
  hostsOf(kind).find(({ id }) => id === host)?.name ?? host;
