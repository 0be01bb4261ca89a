// LZ4's legacy frame, in which Linux packs kernels (lz4, doc/lz4_Frame_format.md, "Legacy frame"; doc/lz4_Block_format.md).
// Of our own because the build then needs no `lz4` program on the user's machine.

import { assert } from '../domain/bug.ts';

export const lz4LegacyMagic = 0x184c2102;

/** Unpacks to `size` bytes, which the caller knows. @throws when the data is damaged. */
export function unpackLz4Legacy(packed: Uint8Array, size: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  assert(view.getUint32(0, true) === lz4LegacyMagic, 'data without the magic of an LZ4 legacy frame');
  const out = new Uint8Array(size);
  let at = 4;
  let filled = 0;
  while (filled < size) {
    if (at + 4 > packed.length) throw new Error('LZ4 data ends early');
    const length = view.getUint32(at, true);
    filled = unpackBlock(packed.subarray(at + 4, at + 4 + length), out, filled);
    at += 4 + length;
  }
  return out;
}

/** One block: runs of literal bytes, each followed by a copy from what was written before. */
function unpackBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let to = start;
  let at = 0;
  const byte = (): number => {
    const value = block[at++];
    if (value === undefined) throw new Error('LZ4 block ends early');
    return value;
  };
  const length = (nibble: number): number => {
    let total = nibble;
    if (nibble < 15) return total;
    for (let more = 255; more === 255; total += more) more = byte();
    return total;
  };
  while (at < block.length) {
    const token = byte();
    const literals = length(token >> 4);
    if (at + literals > block.length || to + literals > out.length)
      throw new Error('LZ4 literals do not fit');
    out.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at >= block.length) break;
    const offset = byte() | (byte() << 8);
    const copied = length(token & 15) + 4;
    if (offset === 0 || offset > to || to + copied > out.length) throw new Error('LZ4 copy does not fit');
    if (offset >= copied) out.copyWithin(to, to - offset, to - offset + copied);
    else for (let i = 0; i < copied; i++) out[to + i] = out[to + i - offset] ?? 0;
    to += copied;
  }
  return to;
}
