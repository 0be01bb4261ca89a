import { readFile } from 'node:fs/promises';
import type { Clock } from '../../ports/clock.ts';

const lookMs = 5;
const longestMs = 2000;

/**
 * Resolves when nobody uses the tap device: one that is taken away or used again earlier answers EBUSY. A device that is
 * down or gone has no carrier to read.
 */
export async function tapIsFree(device: string, clock: Clock): Promise<void> {
  const deadline = clock.now() + longestMs;
  while (clock.now() < deadline) {
    const carrier = await readFile(`/sys/class/net/${device}/carrier`, 'latin1').catch(() => '0');
    if (carrier.trim() !== '1') return;
    await clock.sleep(lookMs);
  }
}
