// A host that says nothing for a while is silent: its VMs are unknown, which is neither supply nor room. When it speaks
// again they are what they were (agent-link/observe.ts).

import { between, type DurationMs } from '../domain/time.ts';
import { applyToVm } from './apply.ts';
import type { Deps } from './deps.ts';
import { recordRepairs } from './repair/book.ts';

/** One round; gives the pause until the next. */
export async function watchHostsStep(deps: Deps): Promise<DurationMs> {
  const { store, clock, settings, log } = deps;
  const now = clock.now();
  const hosts = await store.transaction((tx) => tx.hosts.list());
  const quiet = hosts.filter(
    (host) =>
      (host.state === 'online' || host.state === 'draining') &&
      between(host.lastHeardAt ?? host.enrolledAt, now) >= settings.hostSilenceMs,
  );
  for (const { id, name } of quiet) {
    const silent = await store.transaction(async (tx) => {
      for (const vm of await tx.vms.onHost(id)) await applyToVm(tx, deps, vm.id, { kind: 'host-silent' });
      const host = await tx.hosts.lockRow(id);
      if (host === undefined || between(host.lastHeardAt ?? host.enrolledAt, now) < settings.hostSilenceMs)
        return false;
      await tx.hosts.update({ ...host, state: 'silent' });
      const about = { at: now, subject: { kind: 'host', id } } as const;
      await recordRepairs(tx, [
        { ...about, kind: 'host-silent', cause: 'it said nothing for a while', data: {} },
      ]);
      return true;
    });
    if (silent) log.warn('host is silent', { host: id, name });
  }
  return settings.hostSilenceMs / 4;
}
