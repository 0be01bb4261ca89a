// A Debian kernel comes as a bzImage: a small program that unpacks the real kernel, an ELF file. Handing the ELF file to
// the VMM saves that work at every boot (0.6 s in software emulation) and is what Firecracker wants anyway.

import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { lz4LegacyMagic, unpackLz4Legacy } from './lz4-legacy.ts';

/**
 * The ELF kernel inside a bzImage. Offsets: Linux, Documentation/arch/x86/boot.rst (setup_sects, HdrS, payload_offset,
 * payload_length). @throws when the file is no bzImage, or packed in a way that we do not know.
 */
export function unpackKernel(image: Uint8Array): Uint8Array {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (isElf(image)) return image;
  if (image.length < 0x250 || view.getUint32(0x202, true) !== 0x53726448)
    throw new Error('the kernel is neither an ELF file nor a bzImage');
  const protectedMode = ((view.getUint8(0x1f1) || 4) + 1) * 512;
  const start = protectedMode + view.getUint32(0x248, true);
  const payload = image.subarray(start, start + view.getUint32(0x24c, true));
  const kernel = unpackPayload(payload);
  if (!isElf(kernel)) throw new Error('the bzImage holds no ELF kernel');
  return kernel;
}

/** For every packing but gzip, the kernel's build appends the unpacked size as 4 bytes. */
function unpackPayload(payload: Uint8Array): Uint8Array {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const magic = view.getUint32(0, true);
  if (isElf(payload)) return payload;
  if (magic === lz4LegacyMagic)
    return unpackLz4Legacy(payload.subarray(0, -4), view.getUint32(payload.length - 4, true));
  if (magic === 0xfd2fb528) return zstdDecompressSync(payload.subarray(0, -4));
  if ((magic & 0xffff) === 0x8b1f) return gunzipSync(payload);
  throw new Error(
    `the kernel is packed in an unknown way (0x${magic.toString(16)}); known are lz4, zstd and gzip`,
  );
}

function isElf(file: Uint8Array): boolean {
  return file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;
}
