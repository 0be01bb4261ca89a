// Which boot of the host the journal was written in. When the host was rebooted none of its VMs can have survived, and that is
// what the control plane and the job's user are told, instead of a VM that ended by itself.

import type { HostInspector } from '../ports/host-inspector.ts';
import type { Log } from '../ports/log.ts';
import type { Ledger } from './ledger.ts';

/**
 * Gives a function that writes down in which boot the host is, once; called again after it has failed. Nothing may be begun
 * before: a later agent would take what this boot made for an earlier one's.
 */
export function noteOfBoot(
  ledger: Ledger,
  inspector: Pick<HostInspector, 'boot'>,
  log: Log,
): () => Promise<void> {
  let isNoted = false;
  return async () => {
    if (isNoted) return;
    const { id, at } = await inspector.boot();
    const before = ledger.state.hostBoot?.id;
    if (before !== id) await ledger.write(() => [{ kind: 'host-booted', id, at }]);
    if (before !== undefined && before !== id)
      log.warn('the host was rebooted', { at, lost: ledger.state.vms.flatMap(lostWithHost) });
    isNoted = true;
  };
}

const lostWithHost = ({ vm, rebootedAt }: { vm: string; rebootedAt?: number | undefined }): string[] =>
  rebootedAt === undefined ? [] : [vm];
