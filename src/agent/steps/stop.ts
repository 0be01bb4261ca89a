// From a VM, in whatever state, to nothing, and the proof of it. Every part may be done twice and may find nothing to do.

import { vmId } from '../../domain/ids.ts';
import type { RunningVm } from '../../ports/vm-driver.ts';
import type { VmRecord } from '../../wire/agent-journal.ts';
import type { GuestSession } from '../guest-session.ts';
import { isPolite } from '../next-step.ts';
import { Rest } from '../rest.ts';
import type { WorkerDeps } from '../worker-deps.ts';

/** Kept of a VM's console. */
const consoleLines = 200;

export interface Held {
  running: RunningVm;
  session: GuestSession | undefined;
}

/** Resolves when nothing of the VM is left on this host and that is written down. */
export async function stop(deps: WorkerDeps, record: VmRecord, held: Held | undefined): Promise<void> {
  const { ledger, clock, logs, log } = deps;
  const at = clock.now();
  if (!record.begun.includes('stop'))
    await ledger.write(() => [{ kind: 'begin', at, vm: record.vm, step: 'stop' }]);
  const why = record.tombstone ?? { rule: 'failed', reason: record.failed ?? '' };
  logs.add(record.vm, 'host', `the VM is being stopped (${why.rule}): ${why.reason}`);
  if (held?.session !== undefined && isPolite(record)) await sayGoodbye(deps, held.running, held.session);
  held?.session?.close();
  await keepConsole(deps, record.vm);
  await remove(deps, record.vm);
  await ledger.tell(
    record.vm,
    { kind: 'phase', phase: 'stop', ms: Math.max(0, clock.now() - at) },
    { kind: 'gone' },
  );
  log.info('VM gone', { vm: record.vm, rule: why.rule, reason: why.reason });
}

/** The last that was on its console, which goes with its folder. One that cannot be read must not keep the VM. */
export async function keepConsole({ folder, logs, log }: WorkerDeps, vm: string): Promise<void> {
  try {
    for (const line of await folder.consoleTail(vmId(vm), consoleLines)) logs.add(vm, 'console', line);
  } catch (error) {
    log.warn('the console of a VM cannot be kept', { vm, error });
  }
}

/** Ends what there is of a VM and proves it (I5). @throws when something is left. */
export async function remove(
  {
    driver,
    cage,
    network,
    disk,
    folder,
  }: Pick<WorkerDeps, 'driver' | 'cage' | 'network' | 'disk' | 'folder'>,
  name: string,
): Promise<void> {
  const vm = vmId(name);
  await driver.stop(vm);
  await cage.close(vm);
  await network.close(vm);
  await disk.remove(vm);
  await folder.remove(vm);
  const parts = Object.entries({ process: driver, cage, network, disk, folder });
  const found = await Promise.all(parts.map(([, part]) => part.find()));
  const left = parts.flatMap(([name], at) => (found[at]?.includes(vm) ? [name] : []));
  if (left.length > 0) throw new Error(`${vm}: its ${left.join(' and ')} did not go away`);
}

/** Gives the runner time to tell GitHub that it goes; a guest that does not answer is not waited for longer. */
async function sayGoodbye(deps: WorkerDeps, running: RunningVm, session: GuestSession): Promise<void> {
  const { clock, limits, stopping } = deps;
  session.shutDown(limits.graceMs);
  const rest = new Rest(clock, stopping);
  void running.ended.then(rest.wake);
  await rest.pause(limits.graceMs + limits.powerOffMs);
  rest.close();
  stopping.throwIfAborted();
}
