// Compares what shall be with what is. It takes no input: it looks at the desired set, the journal and the host, so a signal
// that is lost costs time only. What to do is the domain's decision (`reconcileHost`); here it is done.

import { vmId } from '../domain/ids.ts';
import {
  type HostAction,
  type JournalEntry as PhaseOfVm,
  reconcileHost,
} from '../domain/scheduling/reconcile-host.ts';
import { instantOf } from '../domain/time.ts';
import { type AgentState, type VmRecord, vmSpec } from '../wire/agent-journal.ts';
import type { ObservedVm } from '../wire/agent-protocol.ts';
import { type Capacity, refusal } from './capacity.ts';
import type { DesiredSet } from './desired-set.ts';
import { isCanary } from './doctor/canary-id.ts';
import { Rest } from './rest.ts';
import { vmOf } from './state.ts';
import { VmWorker } from './vm-worker.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** What else is done at each look. */
export interface LooksAround {
  /** Nothing is looked at until this is done. */
  before(): Promise<void>;
  /** Never rejects. */
  after(): Promise<void>;
}

export class Reconciler {
  readonly #deps: WorkerDeps;
  readonly #desired: DesiredSet;
  readonly #capacity: () => Promise<Capacity>;
  readonly #around: LooksAround;
  /** Those of one state of the journal, to be found by id. */
  #gone: { of: AgentState['gone']; ids: ReadonlySet<string> } = { of: [], ids: new Set() };
  readonly #workers = new Map<string, VmWorker>();
  readonly #rest: Rest;
  /** Under which version of the desired set a VM's end was last told. */
  readonly #retold = new Map<string, string>();

  constructor(deps: WorkerDeps, desired: DesiredSet, capacity: () => Promise<Capacity>, around: LooksAround) {
    this.#deps = deps;
    this.#desired = desired;
    this.#capacity = capacity;
    this.#around = around;
    this.#rest = new Rest(deps.clock, deps.stopping);
  }

  /** Something changed: look now. */
  wake(): void {
    this.#rest.wake();
    for (const worker of this.#workers.values()) worker.wake();
  }

  /** Looks again and again until the agent stops, then waits for whatever is under way. */
  async run(): Promise<void> {
    const { limits, stopping, log } = this.#deps;
    while (!stopping.aborted) {
      this.#rest.expectNews();
      await this.reconcile().catch((error: unknown) => {
        if (!stopping.aborted) log.error('reconciling failed', { error });
      });
      await this.#around.after();
      await this.#rest.pause(limits.reconcileMs);
    }
    await Promise.all([...this.#workers.values()].map((worker) => worker.done));
  }

  /** Looks once and sets to work what is to be done. */
  async reconcile(): Promise<void> {
    const { ledger, clock } = this.#deps;
    await this.#around.before();
    const found = await this.#found();
    const actions = reconcileHost({
      desired: this.#desired.vms.map(({ vm }) => vmId(vm)),
      tombstones: this.#desired.tombstones.map((tombstone) => ({ ...tombstone, vm: vmId(tombstone.vm) })),
      found: found.map(vmId),
      journal: [
        ...ledger.state.vms.map((record): PhaseOfVm => ({ vm: vmId(record.vm), phase: phaseOf(record) })),
        ...this.#goneOfNote(found),
      ],
      held: new Set([...this.#workers.keys()].map(vmId)),
      now: instantOf(clock.now()),
    });
    const capacity = actions.some(({ kind }) => kind === 'start') ? await this.#capacity() : undefined;
    for (const action of actions) await this.#do(action, found, capacity);
    for (const { vm, spec } of ledger.state.vms) {
      // A stranger that turns out to be wanted.
      if (spec === undefined && this.#desired.knows(vm)) await this.#accept(vm, undefined);
      this.#ensureWorker(vm);
    }
  }

  /** Those that are gone are many, and most say nothing: only old ones are forgotten, and only some are spoken of. */
  #goneOfNote(found: readonly string[]): PhaseOfVm[] {
    const { ledger, clock, limits } = this.#deps;
    const { gone } = ledger.state;
    if (this.#gone.of !== gone) this.#gone = { of: gone, ids: new Set(gone.map(({ vm }) => vm)) };
    const noted = new Set<string>();
    const now = clock.now();
    // They are noted as they go, so the oldest comes first.
    for (const { vm, at } of gone) {
      if (now - at < limits.goneMs) break;
      noted.add(vm);
    }
    const spokenOf = [...found, ...[...this.#desired.vms, ...this.#desired.tombstones].map(({ vm }) => vm)];
    for (const vm of spokenOf) if (this.#gone.ids.has(vm)) noted.add(vm);
    return [...noted].map((vm) => ({ vm: vmId(vm), phase: 'gone' }));
  }

  observed(): ObservedVm[] {
    return this.#deps.ledger.state.vms.map((record) => ({
      vm: record.vm,
      state: this.#isStranger(record) ? 'unknown-to-you' : observedState(record),
    }));
  }

  /** VMs that are here and of which the control plane does not speak. */
  strangers(): readonly VmRecord[] {
    return this.#deps.ledger.state.vms.filter((record) => this.#isStranger(record));
  }

  #isStranger({ vm }: VmRecord): boolean {
    return this.#desired.knows(vm) === false;
  }

  async #found(): Promise<readonly string[]> {
    const { driver, cage, network, disk, folder } = this.#deps;
    const found = await Promise.all([driver, cage, network, disk, folder].map((part) => part.find()));
    // The doctor removes his own.
    return [...new Set(found.flat())].filter((vm) => !isCanary(vm));
  }

  async #do(action: HostAction, found: readonly string[], capacity: Capacity | undefined): Promise<void> {
    const { ledger, clock, log } = this.#deps;
    const { vm } = action;
    const known = vmOf(ledger.state, vm) !== undefined;
    switch (action.kind) {
      case 'start':
        return known ? undefined : this.#accept(vm, capacity);
      case 'adopt':
        if (known) return;
        // It runs already, so it has its room.
        if (this.#desired.vm(vm) !== undefined) return this.#accept(vm, undefined);
        log.warn('found a VM that no journal knows', { vm });
        return ledger.write(() => [{ kind: 'stranger', at: clock.now(), vm }]);
      case 'stop':
        return this.#order(action, known, found.includes(vm));
      case 'report-gone':
        return this.#tellGone(vm);
      case 'forget':
        return this.#forget(vm);
      case 'report-lost':
      case 'report-unknown':
        return;
    }
  }

  async #accept(vm: string, capacity: Capacity | undefined): Promise<void> {
    const { ledger, clock, log, logs } = this.#deps;
    const wanted = this.#desired.vm(vmId(vm));
    if (wanted === undefined) return;
    const reason = capacity === undefined ? undefined : refusal(wanted, ledger.state.vms, capacity);
    if (reason !== undefined) {
      log.warn('VM refused', { vm, reason });
      logs.add(vm, 'host', `refused: ${reason}`);
      return ledger.tell(vm, { kind: 'failed', reason, owner: 'fleet' }, { kind: 'gone' });
    }
    // Parsing leaves out what must not be written down: the sealed configuration (I8).
    const spec = vmSpec.parse(wanted);
    await ledger.write(() => [{ kind: 'accepted', at: clock.now(), spec }]);
    this.#workers.get(vm)?.wake();
  }

  async #order(
    { vm, rule, reason }: Extract<HostAction, { kind: 'stop' }>,
    known: boolean,
    found: boolean,
  ): Promise<void> {
    const { ledger, clock } = this.#deps;
    const at = clock.now();
    if (!known && !found) return this.#tellGone(vm);
    const record = vmOf(ledger.state, vm);
    if (record?.tombstone === undefined && record?.failed === undefined)
      await ledger.write(() => [
        ...(known ? [] : [{ kind: 'stranger' as const, at, vm }]),
        { kind: 'tombstone', at, vm, rule, reason },
      ]);
    this.#workers.get(vm)?.wake();
  }

  /** The control plane speaks of a VM that is gone: it has not heard, or its database is of an earlier day. */
  async #tellGone(vm: string): Promise<void> {
    const { ledger } = this.#deps;
    const version = this.#versionText();
    const waits = ledger.state.events.some((event) => event.vm === vm && event.event.kind === 'gone');
    if (waits || this.#retold.get(vm) === version) return;
    this.#retold.set(vm, version);
    return ledger.tell(vm, { kind: 'gone' });
  }

  #versionText(): string {
    return JSON.stringify(this.#desired.version);
  }

  async #forget(vm: string): Promise<void> {
    const { ledger, clock, limits } = this.#deps;
    const gone = ledger.state.gone.find((entry) => entry.vm === vm);
    if (gone === undefined || clock.now() - gone.at < limits.goneMs) return;
    this.#retold.delete(vm);
    return ledger.write(() => [{ kind: 'forgotten', vm }]);
  }

  #ensureWorker(vm: string): void {
    if (this.#workers.has(vm) || this.#deps.stopping.aborted) return;
    const worker = new VmWorker(this.#deps, vm);
    this.#workers.set(vm, worker);
    void worker.done.then(() => {
      this.#workers.delete(vm);
      this.#retold.set(vm, this.#versionText());
      this.#rest.wake();
    });
  }
}

function phaseOf(record: VmRecord): PhaseOfVm['phase'] {
  if (record.tombstone !== undefined || record.failed !== undefined) return 'stopping';
  return record.up || record.processUpAt !== undefined ? 'running' : 'preparing';
}

function observedState(record: VmRecord): ObservedVm['state'] {
  if (record.tombstone !== undefined || record.failed !== undefined) return 'stopping';
  if (record.handed) return 'running';
  if (record.guestUp) return 'booted';
  return record.up ? 'starting' : 'preparing';
}
