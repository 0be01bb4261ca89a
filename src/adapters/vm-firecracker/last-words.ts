import { open } from 'node:fs/promises';
import type { VmPlace } from './jail.ts';

const wordsBytes = 16 * 1024;

/** The end of what jailer and Firecracker said; empty when that was nothing. */
export async function lastWords(place: VmPlace): Promise<string> {
  const file = await open(place.words, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - wordsBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}
