// Takes care of one VM from its order to its end. It takes no input but the ledger, the desired set and the clock: whoever
// has news only wakes it. What is to be done next is decided by `nextStep`, afresh each time.

import { vmId } from '../domain/ids.ts';
import type { VmEnd } from '../ports/vm-driver.ts';
import type { VmRecord } from '../wire/agent-journal.ts';
import { GuestSession } from './guest-session.ts';
import { pauseAfter } from './limits.ts';
import { minutesOrHours, type Next, nextStep } from './next-step.ts';
import { Rest } from './rest.ts';
import { vmOf } from './state.ts';
import { finalFailure, prepare } from './steps/prepare.ts';
import { type Held, keepConsole, remove, stop } from './steps/stop.ts';
import type { WorkerDeps } from './worker-deps.ts';

export class VmWorker {
  readonly #deps: WorkerDeps;
  readonly #vm: string;
  #held: Held | undefined;
  #ended: VmEnd | undefined;
  #failures = 0;
  readonly #rest: Rest;
  /** Settles when the VM is gone or the agent stops; never rejects. */
  readonly done: Promise<void>;

  constructor(deps: WorkerDeps, vm: string) {
    this.#deps = deps;
    this.#vm = vm;
    this.#rest = new Rest(deps.clock, deps.stopping);
    this.done = this.#run().finally(() => {
      deps.slots.free(vm);
      this.#rest.close();
      this.#held?.session?.close();
    });
  }

  wake(): void {
    this.#rest.wake();
  }

  async #run(): Promise<void> {
    const { ledger, stopping, clock, limits, slots } = this.#deps;
    while (!stopping.aborted) {
      const record = vmOf(ledger.state, this.#vm);
      if (record === undefined) return;
      this.#rest.expectNews();
      const wantsSlot = !record.up && record.tombstone === undefined && record.failed === undefined;
      const sight = {
        now: clock.now(),
        held: this.#held !== undefined,
        ended: this.#ended,
        maySlot: wantsSlot && slots.take(this.#vm, () => this.wake()),
      };
      const next = nextStep(record, sight, limits);
      try {
        await this.#take(next, record);
        this.#failures = 0;
      } catch (error) {
        if (stopping.aborted) return;
        await this.#failed(next, error).catch((worse: unknown) => this.#cannotEvenFail(worse));
      }
    }
  }

  /** The journal cannot be written, or the host is as ill: nothing may be done that is not written down, so we wait. */
  async #cannotEvenFail(error: unknown): Promise<void> {
    const { log, clock, limits, stopping } = this.#deps;
    log.error('a failure could not be written down', { vm: this.#vm, error });
    await clock.sleep(pauseAfter(this.#failures, limits), stopping).catch(() => {});
  }

  async #take(next: Next, record: VmRecord): Promise<void> {
    const { ledger, logs, log, clock, slots } = this.#deps;
    const vm = this.#vm;
    switch (next.do) {
      case 'prepare':
        return this.#prepare(record);
      case 'adopt':
        return this.#adopt(record);
      case 'boot-again':
        log.warn('boot tried again', { vm, why: next.why });
        logs.add(vm, 'host', `booting again: ${next.why}`);
        return this.#bootAgain(record);
      case 'fail':
        return this.#fail(next.reason, next.owner, next.console ?? true);
      case 'warn':
        log.warn('VM near its hard deadline', { vm });
        logs.add(
          vm,
          'host',
          `the VM will be destroyed at its hard deadline, in ${minutesOrHours(next.leftMs)}`,
        );
        return ledger.write(() => [{ kind: 'warned', vm }]);
      case 'order-end':
        log.warn('VM ended by the agent itself', { vm, rule: next.rule, reason: next.reason });
        return ledger.write((state) => [
          { kind: 'tombstone', at: clock.now(), vm, rule: next.rule, reason: next.reason },
          ...(next.rule === 'hard-deadline'
            ? ledger.events(state, vm, [{ kind: 'failed', reason: next.reason, owner: next.owner }])
            : []),
        ]);
      case 'stop':
        slots.free(vm);
        return stop(this.#deps, record, this.#held);
      case 'attend':
        return this.#attend(record, next.until);
    }
  }

  async #prepare(record: VmRecord): Promise<void> {
    if (record.spec === undefined) throw new Error('bug: a VM without a specification is prepared');
    const { warm } = this.#deps;
    // It is up then, and is adopted next.
    if (await warm.take(record.spec)) return;
    await warm.makeRoom();
    const { running, guestSocketPath } = await prepare(this.#deps, record.spec);
    this.#hold(running, guestSocketPath);
  }

  async #adopt(record: VmRecord): Promise<void> {
    const { driver, folder, log, logs, slots } = this.#deps;
    if (record.spec !== undefined && !record.guestUp) slots.claim(this.#vm);
    const running = await driver.adopt(vmId(this.#vm));
    if (running === undefined) {
      this.#ended = { how: 'crashed', detail: 'while no agent was there to see why' };
      return;
    }
    const { guestSocketPath } = await folder.create(vmId(this.#vm));
    this.#hold(running, record.spec === undefined ? undefined : guestSocketPath);
    log.info('VM adopted', { vm: this.#vm });
    const isWarm = record.machine !== undefined && !record.guestUp;
    logs.add(
      this.#vm,
      'host',
      isWarm ? 'it was taken from the warm pool' : 'the agent was started anew and has taken up the VM',
    );
  }

  #hold(running: Held['running'], guestSocketPath: string | undefined): void {
    const session =
      guestSocketPath === undefined
        ? undefined
        : new GuestSession(this.#deps, this.#vm, guestSocketPath, () => this.wake());
    const held = { running, session };
    this.#held = held;
    void running.ended.then((end) => {
      if (this.#held !== held) return;
      this.#ended = end;
      this.wake();
    });
  }

  /** What hung is removed first; only then it is written down that it may be made anew. */
  async #bootAgain(record: VmRecord): Promise<void> {
    const { ledger, clock } = this.#deps;
    this.#held?.session?.close();
    this.#held = undefined;
    await keepConsole(this.#deps, this.#vm);
    await remove(this.#deps, this.#vm);
    this.#ended = undefined;
    const ms = Math.max(0, clock.now() - (record.bootStartedAt ?? clock.now()));
    await ledger.write((state) => [
      { kind: 'boot-again', at: clock.now(), vm: this.#vm },
      ...ledger.events(state, this.#vm, [{ kind: 'phase', phase: 'boot-again', ms }]),
    ]);
  }

  async #attend(record: VmRecord, until: number): Promise<void> {
    const { clock, slots } = this.#deps;
    if (record.guestUp) slots.free(this.#vm);
    await this.#held?.session?.attend(record);
    await this.#rest.pause(until - clock.now());
  }

  async #failed(next: Next, error: unknown): Promise<void> {
    const { log, clock, limits, stopping } = this.#deps;
    this.#failures += 1;
    log.error('work on a VM failed', { vm: this.#vm, step: next.do, failures: this.#failures, error });
    // Taking down is tried for ever: nothing may be left (I5).
    if (next.do !== 'stop') {
      const final = finalFailure(error);
      if (final !== undefined) return this.#fail(final.reason, final.owner);
      if (this.#failures >= limits.attempts)
        return this.#fail(`${words[next.do]} failed ${this.#failures} times: ${messageOf(error)}`, 'host');
    }
    await clock.sleep(pauseAfter(this.#failures, limits), stopping).catch(() => {});
  }

  async #fail(reason: string, owner: string, tellsConsole = true): Promise<void> {
    const { ledger, folder, logs, log } = this.#deps;
    const tail = await folder.consoleTail(vmId(this.#vm), 20);
    // After a panic the kernel still says that it will reboot, which explains nothing.
    const last =
      tail.findLast((line) => line.includes('Kernel panic')) ?? tail.findLast((line) => line.trim() !== '');
    const text =
      last === undefined || !tellsConsole ? reason : `${reason}; last on its console: ${last.trim()}`;
    log.error('VM failed', { vm: this.#vm, reason: text, owner });
    logs.add(this.#vm, 'host', `failed: ${text}`);
    await ledger.tell(this.#vm, { kind: 'failed', reason: text.slice(0, 2048), owner });
  }
}

const words: Readonly<Record<Next['do'], string>> = {
  prepare: 'starting the VM',
  adopt: 'taking up the running VM',
  'boot-again': 'starting the VM anew',
  fail: 'giving up the VM',
  warn: 'warning of the deadline',
  'order-end': 'ending the VM',
  stop: 'stopping the VM',
  attend: 'handing the runner its configuration',
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
