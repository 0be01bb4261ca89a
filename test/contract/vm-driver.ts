// What every VM driver promises (ports/vm-driver.ts). A harness brings the driver and a small guest that answers on the
// guest link; with real machines the whole suite boots four VMs, and starts some more that it does not let boot.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VmId } from '../../src/domain/ids.ts';
import type { ByteStream, GuestLink } from '../../src/ports/guest-link.ts';
import { type MachineSpec, type RunningVm, type VmDriver, VmStartError } from '../../src/ports/vm-driver.ts';
import { LineStream } from '../support/line-stream.ts';

export interface VmDriverHarness {
  readonly driver: VmDriver;
  readonly link: GuestLink;
  /**
   * A machine with its files made. Its guest answers each line on the guest link: `echo TEXT` with `TEXT`, and to
   * `power-off` and `panic` it does so.
   */
  machine(): Promise<MachineSpec>;
  /** As though the agent's process had ended: the old driver is never used again. */
  restartAgent(): Promise<VmDriver>;
  /** What the host still has of these VMs by its own account, not the driver's: processes, sockets, files. */
  leftovers(): Promise<readonly string[]>;
  /** The console's text so far. */
  console(machine: MachineSpec): Promise<string>;
  close(): Promise<void>;
}

/** @param patience how long a guest may take to boot. */
export function vmDriverContract(
  name: string,
  makeHarness: () => Promise<VmDriverHarness>,
  { patienceMs = 60_000 }: { patienceMs?: number } = {},
): void {
  describe(`${name} as a VM driver`, { timeout: patienceMs * 2 }, () => {
    let harness: VmDriverHarness;
    beforeAll(async () => {
      harness = await makeHarness();
    }, 900_000);
    afterAll(async () => {
      await harness?.close();
    });

    const talkTo = async (machine: MachineSpec): Promise<LineStream> =>
      new LineStream(await connectWhenThere(harness.link, machine, patienceMs));

    describe('a VM and its agent', () => {
      let machine: MachineSpec;
      let first: RunningVm;
      beforeAll(async () => {
        machine = await harness.machine();
        first = await harness.driver.start(machine);
      }, patienceMs);

      it('is up when its start resolves, and is found', async () => {
        expect(first.vm).toBe(machine.vm);
        expect(await harness.driver.find()).toContain(machine.vm);
        expect(await isPending(first.ended)).toBe(true);
      });

      it('is started once, however often it is asked for', async () => {
        const again = await Promise.all([harness.driver.start(machine), harness.driver.start(machine)]);
        expect(again.map(({ pid }) => pid)).toEqual([first.pid, first.pid]);
        expect(await harness.driver.find()).toEqual([machine.vm]);
      });

      it('answers on the guest link, again after the link broke', async () => {
        const long = 'x'.repeat(64 * 1024);
        for (const text of ['one', long]) {
          const lines = await talkTo(machine);
          expect(await lines.ask(`echo ${text}`, patienceMs)).toBe(text);
          lines.close();
        }
      });

      it('outlives its agent: the next one adopts it', async () => {
        const driver = await harness.restartAgent();
        expect(await driver.find()).toEqual([machine.vm]);
        const adopted = await driver.adopt(machine.vm);
        expect(adopted?.pid).toBe(first.pid);
        const lines = await talkTo(machine);
        expect(await lines.ask('echo still here', patienceMs)).toBe('still here');
        lines.close();
        expect((await driver.start(machine)).pid).toBe(first.pid);
      });

      it('is gone when its stop resolves, and a second stop is no error', async () => {
        const adopted = await harness.driver.adopt(machine.vm);
        await harness.driver.stop(machine.vm);
        await adopted?.ended;
        expect(await harness.driver.find()).toEqual([]);
        expect(await harness.driver.adopt(machine.vm)).toBeUndefined();
        await harness.driver.stop(machine.vm);
        expect(await harness.leftovers()).toEqual([]);
      });
    });

    it('says how a VM ended: by itself, by a panic, by its stop', async () => {
      const asleep = await harness.machine();
      const ill = await harness.machine();
      const [sleeper, patient] = await Promise.all([harness.driver.start(asleep), harness.driver.start(ill)]);
      (await talkTo(asleep)).say('power-off');
      (await talkTo(ill)).say('panic');
      expect((await sleeper.ended).how).toBe('exited');
      expect(['exited', 'crashed']).toContain((await patient.ended).how);
      expect(await harness.console(ill)).toMatch(/Kernel panic/);
      await Promise.all([harness.driver.stop(asleep.vm), harness.driver.stop(ill.vm)]);

      const third = await harness.machine();
      const running = await harness.driver.start(third);
      await harness.driver.stop(third.vm);
      expect((await running.ended).how).toBe('killed');
      expect(await harness.leftovers()).toEqual([]);
    });

    it('says how one ended that an earlier agent started: by itself, or killed under it', async () => {
      const asleep = await harness.machine();
      const starved = await harness.machine();
      await Promise.all([harness.driver.start(asleep), harness.driver.start(starved)]);
      const driver = await harness.restartAgent();
      const sleeper = await driver.adopt(asleep.vm);
      const victim = await driver.adopt(starved.vm);
      (await talkTo(asleep)).say('power-off');
      expect((await sleeper?.ended)?.how).toBe('exited');
      // As the kernel does when the host runs out of memory.
      if (victim?.pid !== undefined) process.kill(victim.pid, 'SIGKILL');
      else await driver.stop(starved.vm);
      expect((await victim?.ended)?.how).toBe('killed');
      await Promise.all([driver.stop(asleep.vm), driver.stop(starved.vm)]);
      expect(await harness.leftovers()).toEqual([]);
    });

    it('started twice at the same time is one process, with one end', async () => {
      const machine = await harness.machine();
      const [one, other] = await Promise.all([harness.driver.start(machine), harness.driver.start(machine)]);
      expect(one.pid).toBe(other.pid);
      expect(await harness.driver.find()).toEqual([machine.vm]);
      await harness.driver.stop(machine.vm);
      expect((await Promise.all([one.ended, other.ended])).map(({ how }) => how)).toEqual([
        'killed',
        'killed',
      ]);
      expect(await harness.leftovers()).toEqual([]);
    });

    it('stopped while it starts does not come up, however far the start was', async () => {
      for (const afterMs of [0, 1, 3, 10, 30]) {
        const machine = await harness.machine();
        const starts = Promise.allSettled([harness.driver.start(machine), harness.driver.start(machine)]);
        await pass(afterMs);
        await harness.driver.stop(machine.vm);
        expect(await harness.driver.find()).toEqual([]);
        expect(await harness.leftovers()).toEqual([]);
        await expectNothingUp(await starts);
        expect(await harness.driver.adopt(machine.vm)).toBeUndefined();
        expect(await harness.leftovers()).toEqual([]);
      }
    });

    it('whose start is aborted is gone when the start rejects, and can be started again', async () => {
      for (const afterMs of [0, 1, 3, 10]) {
        const machine = await harness.machine();
        const abort = new AbortController();
        const start = harness.driver.start(machine, abort.signal);
        const settled = Promise.allSettled([start, harness.driver.start(machine)]);
        await pass(afterMs);
        const enough = new Error('nobody waits for it');
        abort.abort(enough);
        for (const result of await settled)
          if (result.status === 'rejected') {
            expect(result.reason).toBe(enough);
            expect(await harness.driver.find()).toEqual([]);
          }
        const again = await harness.driver.start(machine);
        expect(await isPending(again.ended)).toBe(true);
        await harness.driver.stop(machine.vm);
        expect(await harness.leftovers()).toEqual([]);
      }
    });

    it('coming up while its agent dies is found and ended by the next one', async () => {
      const machine = await harness.machine();
      const start = Promise.allSettled([harness.driver.start(machine)]);
      const next = await harness.restartAgent();
      await expect
        .poll(async () => (await next.adopt(machine.vm))?.vm, { timeout: patienceMs })
        .toBe(machine.vm);
      expect(await next.find()).toEqual([machine.vm]);
      await next.stop(machine.vm);
      expect(await next.find()).toEqual([]);
      expect(await harness.leftovers()).toEqual([]);
      await start;
      expect(await harness.leftovers()).toEqual([]);
    });

    it('is not begun under a signal that was aborted before', async () => {
      const machine = await harness.machine();
      const enough = new Error('nobody waits for it');
      await expect(harness.driver.start(machine, AbortSignal.abort(enough))).rejects.toBe(enough);
      expect(await harness.driver.find()).toEqual([]);
      expect(await harness.leftovers()).toEqual([]);
    });

    it('refuses a machine whose files are missing, and names them', async () => {
      const machine = { ...(await harness.machine()), rootPath: '/nonexistent/root.erofs' };
      const refusal = await harness.driver.start(machine).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(VmStartError);
      expect(String(refusal)).toContain('/nonexistent/root.erofs');
      expect(await harness.driver.find()).toEqual([]);
    });

    it('knows nothing of a VM that never was', async () => {
      const stranger = 'vm-00000000none' as VmId;
      expect(await harness.driver.adopt(stranger)).toBeUndefined();
      await harness.driver.stop(stranger);
    });

    it('leaves nothing behind', async () => {
      expect(await harness.driver.find()).toEqual([]);
      expect(await harness.leftovers()).toEqual([]);
    });
  });
}

/** A guest link can be there before the guest listens, or after its VM's process is up. */
async function connectWhenThere(
  link: GuestLink,
  machine: MachineSpec,
  patienceMs: number,
): Promise<ByteStream> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await link.connect(machine.vm, machine.guestSocketPath);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Real time: what is raced with is a real process. */
const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The stop came first, or the process was up already and was killed. */
async function expectNothingUp(starts: readonly PromiseSettledResult<RunningVm>[]): Promise<void> {
  for (const start of starts)
    if (start.status === 'fulfilled') expect((await start.value.ended).how).toBe('killed');
    else expect(start.reason).toBeInstanceOf(VmStartError);
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const mark = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(mark)])) === mark;
}
