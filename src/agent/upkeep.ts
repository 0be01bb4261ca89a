// What an agent does now and then for its host, beside its VMs. None of it may be in their way: what fails is logged, and comes
// again.

import type { Log } from '../ports/log.ts';
import type { Ledger } from './ledger.ts';
import type { VmLogBook } from './vm-log-book.ts';

export interface UpkeepParts {
  ledger: Pick<Ledger, 'state'>;
  logs: Pick<VmLogBook, 'sweep'>;
  log: Log;
}

/** One round; each part says itself when it is due. Never rejects. */
export async function upkeep({ ledger, logs, log }: UpkeepParts): Promise<void> {
  try {
    await logs.sweep(ledger.state.vms.map(({ vm }) => vm));
  } catch (error) {
    log.warn('old logs of VMs cannot be removed', { error });
  }
}
