import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fact, WriteSpeed } from '../../../ports/host-facts.ts';
import { factOf } from './fact-of.ts';

const pieces = 16;
const pieceBytes = 1024 ** 2;

/** Random bytes, since some file systems keep zeros as nothing. */
export function writeSpeed(folder: string): Promise<Fact<WriteSpeed>> {
  return factOf(folder, async () => {
    const path = join(folder, `.doctor-${randomBytes(6).toString('hex')}`);
    const file = await open(path, 'wx', 0o600);
    try {
      const piece = randomBytes(pieceBytes);
      const begun = performance.now();
      let worstSyncMs = 0;
      for (let written = 0; written < pieces; written++) {
        await file.write(piece);
        const at = performance.now();
        await file.datasync();
        worstSyncMs = Math.max(worstSyncMs, performance.now() - at);
      }
      const seconds = Math.max(1e-6, (performance.now() - begun) / 1000);
      return { bytesPerSecond: (pieces * pieceBytes) / seconds, worstSyncMs };
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  });
}
