import { randomBytes } from 'node:crypto';
import type { Random } from '../../ports/random.ts';

export class SystemRandom implements Random {
  bytes(count: number): Uint8Array {
    return randomBytes(count);
  }

  fraction(): number {
    return randomBytes(4).readUInt32BE() / 2 ** 32;
  }
}
