// Looks now and then at the certificate of our public address, for the alert that it ends. It runs among the repair loops, so that
// one process looks for all; it mends nothing.

import { afterLook, certificateTimes, nextLookMs } from '../../domain/alerts/certificate.ts';
import type { RepairLoop } from '../repair/loop.ts';

export const certificateLoop: RepairLoop = {
  kind: 'certificate',
  async run({ store, certificate, log }, { owner }) {
    const nothing = { mended: [], nextInMs: certificateTimes.lookEveryMs };
    if (owner !== undefined) return nothing;
    const reading = await certificate?.read();
    const state = await store.transaction(async (tx) => {
      await tx.lock('repair:certificate');
      const before = await tx.loops.get('certificate');
      // There is none any more: what stands there is of an address that we had.
      if (certificate === undefined || reading === undefined) {
        if (before?.host !== undefined) await tx.loops.put('certificate', {});
        return undefined;
      }
      const after = afterLook(before, certificate.host, reading);
      await tx.loops.put('certificate', after);
      return after;
    });
    if (state === undefined) return nothing;
    if (state.why !== undefined)
      log.debug('the certificate of our public address cannot be read', { why: state.why });
    return { mended: [], nextInMs: nextLookMs(state) };
  },
};
