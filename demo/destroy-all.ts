import { applyToVm } from '../src/control-plane/apply.ts';
import type { Settings } from '../src/control-plane/settings.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Store } from '../src/ports/store.ts';
import { look } from './watch.ts';

/** Orders every VM destroyed, as an operator would by force, and waits for the proof that they are gone. */
export async function destroyAll(
  store: Store,
  deps: { clock: Clock; settings: Settings },
  limitMs: number,
): Promise<void> {
  await store.transaction(async (tx) => {
    for (const vm of await tx.vms.allLive())
      await applyToVm(tx, deps, vm.id, { kind: 'force', operator: 'the demo' });
  });
  const end = deps.clock.now() + limitMs;
  for (;;) {
    const left = (await look(store)).vms.filter(({ state }) => state !== 'gone');
    if (left.length === 0) return;
    if (deps.clock.now() > end)
      throw new Error(`still there: ${left.map(({ id, state }) => `${id} (${state})`).join(', ')}`);
    await deps.clock.sleep(100);
  }
}
