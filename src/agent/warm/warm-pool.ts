// VMs that are booted before anybody asks for them. A guest of the pool knows nothing: no name, no registration, no secret;
// so one is as good as the other, and one may be thrown away at any moment. What to have is the domain's decision
// (`planWarm`); which ones there are is in the journal, so that a restarted agent goes on with them.

import { vmId } from '../../domain/ids.ts';
import { isSameKind, planWarm, type WarmKind, type WarmTarget } from '../../domain/scheduling/warm-plan.ts';
import type { VmSpec, WarmRecord } from '../../wire/agent-journal.ts';
import type { Capacity } from '../capacity.ts';
import { pauseAfter } from '../limits.ts';
import { Rest } from '../rest.ts';
import { vmOf } from '../state.ts';
import { makeMachine } from '../steps/make-machine.ts';
import { remove } from '../steps/stop.ts';
import type { WarmVms, WorkerDeps } from '../worker-deps.ts';
import type { HostParts } from './aliases.ts';
import { greet, type WarmLink } from './warm-link.ts';

/** What to have ready; the image is the one that orders name, or the host's newest before the first order. */
export interface WarmSize extends Omit<WarmKind, 'image'> {
  count: number;
}

export interface WarmPoolDeps
  extends Pick<WorkerDeps, 'clock' | 'random' | 'log' | 'ledger' | 'limits' | 'guest' | 'stopping'> {
  /** By the host's own names. */
  host: HostParts;
  capacity: () => Promise<Capacity>;
  sizes: readonly WarmSize[];
  /** What the control plane says of the host: a held one keeps nothing ready, and `image` is what the next order will name. */
  desired: { readonly held: boolean; readonly image: string | undefined };
}

const roomLookMs = 20;

export class WarmPool implements WarmVms {
  readonly #deps: WarmPoolDeps;
  readonly #links = new Map<string, WarmLink>();
  /** Being removed: not to be taken any more. */
  readonly #leaving = new Set<string>();
  /** Being taken: not to be removed any more. */
  readonly #taken = new Set<string>();
  /** Being booted by this process, or taken up from an earlier one. */
  readonly #known = new Set<string>();
  /** Whose parts are being made by this process, from the disk to the start of its process. */
  readonly #making = new Map<string, Promise<unknown>>();
  readonly #work = new Set<Promise<void>>();
  readonly #rest: Rest;
  #failures = 0;
  #notBefore = 0;

  constructor(deps: WarmPoolDeps) {
    this.#deps = deps;
    this.#rest = new Rest(deps.clock, deps.stopping);
  }

  /** Something changed that may matter: look now. */
  wake(): void {
    this.#rest.wake();
  }

  /** Looks again and again until the agent stops. The VMs of the pool go on. */
  async run(): Promise<void> {
    const { stopping, limits, log } = this.#deps;
    while (!stopping.aborted) {
      this.#rest.expectNews();
      await this.#look().catch((error: unknown) => {
        if (!stopping.aborted) log.error('the warm pool could not be looked after', { error });
      });
      await this.#rest.pause(limits.reconcileMs);
    }
    this.#rest.close();
    for (const link of this.#links.values()) link.close();
    await Promise.all(this.#work);
  }

  async take(spec: VmSpec): Promise<boolean> {
    const { ledger, clock, log } = this.#deps;
    let machine: string | undefined;
    await ledger.write((state) => {
      // Whoever was booted once has had its try: a second one is made the long way.
      if (vmOf(state, spec.vm)?.boots !== 0) return [];
      const found = state.warm.find((warm) => this.#mayBeTaken(warm) && isSameKind(warm.kind, spec));
      if (found === undefined) return [];
      machine = found.machine;
      this.#taken.add(machine);
      return [
        { kind: 'taken-warm', at: clock.now(), vm: spec.vm, machine },
        ...ledger.events(state, spec.vm, [{ kind: 'process-up' }]),
      ];
    });
    if (machine === undefined) return false;
    this.#links.get(machine)?.close();
    this.#links.delete(machine);
    log.info('VM taken from the warm pool', { vm: spec.vm, machine });
    this.wake();
    return true;
  }

  async makeRoom(): Promise<void> {
    const { ledger, clock, stopping } = this.#deps;
    while (!stopping.aborted && ledger.state.warm.length > 0 && (await this.#freeMemoryMib()) < 0) {
      this.wake();
      await clock.sleep(roomLookMs, stopping).catch(() => undefined);
    }
  }

  #mayBeTaken({ machine, ready }: WarmRecord): boolean {
    return ready && !this.#leaving.has(machine);
  }

  async #freeMemoryMib(): Promise<number> {
    const { vms, warm } = this.#deps.ledger.state;
    const { memoryMib } = await this.#deps.capacity();
    const asked = vms.reduce((sum, { spec }) => sum + (spec?.memoryMib ?? 0), 0);
    return memoryMib - asked - warm.reduce((sum, { kind }) => sum + kind.memoryMib, 0);
  }

  async #look(): Promise<void> {
    const { ledger, clock, limits, sizes } = this.#deps;
    if (sizes.length === 0 && ledger.state.warm.length === 0) return;
    for (const warm of ledger.state.warm) if (!this.#known.has(warm.machine)) this.#takeUp(warm);
    const targets = await this.#targets();
    const free = await this.#freeMemoryMib();
    const { vms, warm } = ledger.state;
    const isBusy = vms.some(
      ({ guestUp, tombstone, failed, spec }) =>
        spec !== undefined && !guestUp && tombstone === undefined && failed === undefined,
    );
    const machines = warm.map(({ machine, kind, ready, at }) => ({
      machine,
      kind,
      ready,
      expired: clock.now() - at >= limits.warmMs,
    }));
    const { retire, start } = planWarm(targets, machines, free, isBusy);
    for (const machine of retire) this.#do(() => this.#retire(machine));
    if (start !== undefined && clock.now() >= this.#notBefore) this.#do(() => this.#boot(start));
  }

  async #targets(): Promise<WarmTarget[]> {
    const { sizes, ledger, host, desired } = this.#deps;
    if (sizes.length === 0 || desired.held) return [];
    const newest = ledger.state.vms.findLast(({ spec }) => spec !== undefined)?.spec?.image;
    const here = await host.images.list();
    const wanted = here.find((digest) => digest === desired.image);
    const image = wanted ?? newest ?? here[0];
    return image === undefined
      ? []
      : sizes.map(({ count, ...size }) => ({ kind: { ...size, image }, count }));
  }

  async #boot(kind: WarmKind): Promise<void> {
    const { ledger, clock, random, host, guest, log } = this.#deps;
    const machine = `vm-w${Buffer.from(random.bytes(6)).toString('hex')}`;
    this.#known.add(machine);
    await ledger.write(() => [{ kind: 'warm-begun', at: clock.now(), machine, spec: kind }]);
    try {
      const making = makeMachine({ ...host, clock, guest }, vmId(machine), kind, async (_, act) => {
        if (!this.#isKept(machine)) throw new Error(`${machine} has to make room`);
        return act();
      });
      this.#making.set(machine, making);
      const made = await making;
      await this.#hold(machine, made.guestSocketPath, made.running.ended);
      this.#failures = 0;
    } catch (error) {
      if (this.#deps.stopping.aborted || !this.#isKept(machine)) return;
      this.#failures += 1;
      this.#notBefore = clock.now() + pauseAfter(this.#failures, this.#deps.limits);
      log.error('a VM for the warm pool did not come up', { machine, failures: this.#failures, error });
      await this.#retire(machine);
    } finally {
      this.#making.delete(machine);
    }
  }

  #isKept(machine: string): boolean {
    const isOurs = this.#deps.ledger.state.warm.some((warm) => warm.machine === machine);
    return isOurs && !this.#leaving.has(machine);
  }

  /** No part of it is made after this: what is removed while it is made would be there again. */
  async #callOff(machine: string): Promise<void> {
    const making = this.#making.get(machine);
    if (making === undefined) return;
    await this.#deps.host.driver.stop(vmId(machine));
    await making.catch(() => undefined);
  }

  /** One that an earlier agent process left. */
  #takeUp({ machine, ready }: WarmRecord): void {
    this.#known.add(machine);
    const { host, stopping, log } = this.#deps;
    this.#do(async () => {
      try {
        const running = ready ? await host.driver.adopt(vmId(machine)) : undefined;
        if (running === undefined) return await this.#retire(machine);
        const { guestSocketPath } = await host.folder.create(vmId(machine));
        await this.#hold(machine, guestSocketPath, running.ended);
      } catch (error) {
        if (stopping.aborted || this.#taken.has(machine)) return;
        log.warn('a warm VM of an earlier agent is of no use', { machine, error });
        await this.#retire(machine);
      }
    });
  }

  /** Waits for the guest's first word, and watches the VM from then on. */
  async #hold(machine: string, socketPath: string, ended: Promise<unknown>): Promise<void> {
    const { ledger, limits, host, clock, random, stopping } = this.#deps;
    const link = await greet(
      { guestLink: host.guestLink, clock, random, stopping },
      machine,
      socketPath,
      limits.warmBootMs,
    );
    if (this.#taken.has(machine)) return link.close();
    this.#links.set(machine, link);
    await ledger.write((state) =>
      state.warm.some((warm) => warm.machine === machine && !warm.ready)
        ? [{ kind: 'warm-ready', machine }]
        : [],
    );
    void Promise.race([ended, link.ended]).then(() => this.#do(() => this.#retire(machine)));
    this.wake();
  }

  async #retire(machine: string): Promise<void> {
    const { ledger, host, stopping, clock, limits, log } = this.#deps;
    if (!this.#isKept(machine) || this.#taken.has(machine) || stopping.aborted) return;
    this.#leaving.add(machine);
    this.#links.get(machine)?.close();
    this.#links.delete(machine);
    for (let failures = 1; ; failures++) {
      try {
        await this.#callOff(machine);
        await remove(host, machine);
        await ledger.write(() => [{ kind: 'warm-gone', machine }]);
        break;
      } catch (error) {
        if (stopping.aborted) return;
        log.error('a warm VM could not be removed', { machine, error });
        await clock.sleep(pauseAfter(failures, limits), stopping).catch(() => undefined);
      }
    }
    this.#leaving.delete(machine);
    this.#known.delete(machine);
    this.wake();
  }

  #do(work: () => Promise<void>): void {
    const { log, stopping } = this.#deps;
    const done: Promise<void> = work()
      .catch((error: unknown) => {
        if (!stopping.aborted) log.error('work on the warm pool failed', { error });
      })
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
  }
}
