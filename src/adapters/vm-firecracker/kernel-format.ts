import { open } from 'node:fs/promises';
import type { Features } from './version.ts';

export type KernelFormat = 'elf' | 'bzImage' | 'arm64 Image' | 'unknown';

/** By what stands in its header (Linux, Documentation/arch/x86/boot.rst and Documentation/arch/arm64/booting.rst). */
export async function kernelFormat(path: string): Promise<KernelFormat> {
  const file = await open(path, 'r');
  try {
    const { buffer: header, bytesRead } = await file.read(Buffer.alloc(0x206), 0, 0x206, 0);
    const at = (offset: number, length: number): string =>
      header
        .subarray(0, bytesRead)
        .subarray(offset, offset + length)
        .toString('latin1');
    if (at(0, 4) === '\x7fELF') return 'elf';
    if (at(0x202, 4) === 'HdrS') return 'bzImage';
    return at(0x38, 4) === 'ARM\x64' ? 'arm64 Image' : 'unknown';
  } finally {
    await file.close();
  }
}

/** What is wrong with the kernel, and what helps; undefined when nothing is. @param version for people. */
export function kernelProblem(
  format: KernelFormat,
  { arch, features, version }: { arch: string; features: Features; version: string },
): string | undefined {
  if (arch === 'arm64')
    return format === 'arm64 Image'
      ? undefined
      : `its kernel must be an uncompressed Image, and it is ${named(format)}`;
  if (format === 'elf' || (format === 'bzImage' && features.bzImage)) return undefined;
  const wanted = features.bzImage ? 'an ELF vmlinux or a bzImage' : 'an ELF vmlinux';
  const help = format === 'bzImage' ? ': unpack it (extract-vmlinux), or use Firecracker 1.17 or newer' : '';
  return `its kernel must be ${wanted} for Firecracker ${version}, and it is ${named(format)}${help}`;
}

function named(format: KernelFormat): string {
  if (format === 'unknown') return 'no kernel that we know';
  return format === 'elf' ? 'an ELF vmlinux' : `a ${format}`.replace('a arm', 'an arm');
}
