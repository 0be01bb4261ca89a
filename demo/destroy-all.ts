// The demo's end, also in the middle of everything: nothing of it may be left.

import { setTimeout as delay } from 'node:timers/promises';
import { applyToVm } from '../src/control-plane/apply.ts';
import type { Vm } from '../src/domain/lifecycle/vm.ts';
import type { Backstage } from './compose.ts';
import { takeInventory } from './leaks/inventory.ts';
import { look } from './watch.ts';

/**
 * Ends all runs, since each job that waits would get a new VM, then orders every VM destroyed, as an operator would by force,
 * and waits for the proof that they are gone. @throws with what is still there after `limitMs`.
 */
export async function destroyAll({ github, server }: Backstage, limitMs: number): Promise<void> {
  for (const run of github.world.state.runs.values()) github.cancel(run, { force: true });
  const ordered = new Set<Vm['id']>();
  for (const end = Date.now() + limitMs; ; await delay(100)) {
    const live = (await look(server.store)).vms.filter(({ state }) => state !== 'gone');
    if (live.length === 0) return;
    if (Date.now() > end)
      throw new Error(`still there: ${live.map(({ id, state }) => `${id} (${state})`).join(', ')}`);
    // One may have been asked for before its run was ended.
    const fresh = live.filter(({ id }) => !ordered.has(id));
    await server.store.transaction(async (tx) => {
      for (const { id } of fresh) await applyToVm(tx, server, id, { kind: 'force', operator: 'the demo' });
    });
    for (const { id } of fresh) ordered.add(id);
  }
}

/** Ends the processes of VMs whose agent has stopped without them. */
export async function endProcesses(folder: string): Promise<void> {
  const found = await takeInventory({ marks: [folder], folders: [], registrations: async () => [] });
  for (const { kind, id, what } of found) {
    if (kind !== 'process' || !what.includes('bellows-vm-')) continue;
    try {
      process.kill(Number(id.split(' ')[0]), 'SIGKILL');
    } catch (error) {
      const hasEnded = error instanceof Error && 'code' in error && error.code === 'ESRCH';
      if (!hasEnded) throw error;
    }
  }
}
