import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unpackKernel } from './kernel-image.ts';
import { unpackLz4Legacy } from './lz4-legacy.ts';

const elf = Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46]), Buffer.from('kernel '.repeat(50))]);

/** A bzImage as the boot protocol lays it out, with this payload. */
function bzImage(payload: Uint8Array): Buffer {
  const setupSectors = 4;
  const head = Buffer.alloc((setupSectors + 1) * 512);
  head.writeUInt8(setupSectors, 0x1f1);
  head.writeUInt32LE(0x53726448, 0x202);
  head.writeUInt32LE(16, 0x248);
  head.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([head, Buffer.alloc(16), payload, Buffer.alloc(7)]);
}

function withSize(packed: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(elf.length);
  return Buffer.concat([packed, size]);
}

/** `kernel ` once as literals, then one copy of it that overlaps itself, then the last bytes as literals. */
function lz4Legacy(): Buffer {
  const literals = elf.subarray(0, 11);
  const copied = elf.length - 11 - 5;
  const more = copied - 4 - 15;
  const extra = [...Array(Math.floor(more / 255)).fill(255), more % 255];
  const block = Buffer.concat([
    Buffer.from([(11 << 4) | 15]),
    literals,
    Buffer.from([7, 0, ...extra]),
    Buffer.from([5 << 4]),
    elf.subarray(-5),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(block.length);
  return Buffer.concat([Buffer.from([0x02, 0x21, 0x4c, 0x18]), length, block]);
}

describe('the kernel inside a bzImage', () => {
  it.each([
    ['lz4', withSize(lz4Legacy())],
    ['zstd', withSize(zstdCompressSync(elf))],
    ['gzip', gzipSync(elf)],
    ['nothing', elf],
  ])('is found when it is packed with %s', (_, payload) => {
    expect(Buffer.from(unpackKernel(bzImage(payload))).equals(elf)).toBe(true);
  });

  it('is the file itself when that is ELF already', () => {
    expect(unpackKernel(elf)).toBe(elf);
  });

  it('is refused with a reason where there is none', () => {
    expect(() => unpackKernel(Buffer.alloc(4096))).toThrow(/neither an ELF file nor a bzImage/);
    expect(() => unpackKernel(bzImage(Buffer.from('unknown!')))).toThrow(/packed in an unknown way/);
    expect(() => unpackKernel(bzImage(gzipSync(Buffer.from('no kernel'))))).toThrow(/holds no ELF kernel/);
  });

  it('is refused when it is damaged, not read beyond its end', () => {
    const packed = lz4Legacy();
    for (let cut = 5; cut < packed.length; cut++)
      expect(() => unpackLz4Legacy(packed.subarray(0, cut), elf.length)).toThrow();
    const wild = Buffer.from(packed);
    wild.writeUInt16LE(5000, 8 + 1 + 11);
    expect(() => unpackLz4Legacy(wild, elf.length)).toThrow(/copy does not fit/);
  });
});
