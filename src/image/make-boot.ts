// Kernel and initramfs of an image, both from the base that its root file system is made of.

import type { ImageWorkshop } from '../ports/image-workshop.ts';
import { imageFiles } from '../wire/image-manifest.ts';
import { type CpioEntry, cpioArchive } from './cpio.ts';
import { unpackKernel } from './kernel-image.ts';
import { diskModules, linkModules, loadOrder } from './kernel-modules.ts';

/** Writes `vmlinux` and `initramfs` into `out`, from `base` (a tar file). `work` is a folder for what lies between. */
export async function makeBoot(
  { base, work, out, partsFolder }: { base: string; work: string; out: string; partsFolder: string },
  workshop: ImageWorkshop,
): Promise<{ kernelVersion: string }> {
  const unpacked = `${work}/boot`;
  // Their order in the archive does not matter, and their owner is nobody's concern here.
  const wanted = ['./boot', './usr/lib/modules', './usr/bin/busybox'];
  await workshop.write(`${unpacked}/.keep`, '');
  await workshop.run({
    program: 'tar',
    args: ['-C', unpacked, '--no-same-owner', '-xf', base, ...wanted],
  });
  const kernelVersion = await kernelVersionIn(`${unpacked}/usr/lib/modules`, workshop);
  const kernel = await workshop.read(`${unpacked}/boot/vmlinuz-${kernelVersion}`);
  await workshop.write(`${out}/${imageFiles.kernel}`, unpackKernel(kernel));
  const modules = `${unpacked}/usr/lib/modules/${kernelVersion}`;
  const entries = await initramfsEntries(modules, `${unpacked}/usr/bin/busybox`, partsFolder, workshop);
  await workshop.write(`${out}/${imageFiles.initramfs}`, cpioArchive(entries));
  return { kernelVersion };
}

async function kernelVersionIn(modulesFolder: string, workshop: ImageWorkshop): Promise<string> {
  const versions = await workshop.names(modulesFolder);
  const [version] = versions;
  if (version === undefined || versions.length > 1)
    throw new Error(`the base has ${versions.length} kernels instead of one: ${versions.join(', ')}`);
  return version;
}

async function initramfsEntries(
  modules: string,
  busybox: string,
  partsFolder: string,
  workshop: ImageWorkshop,
): Promise<CpioEntry[]> {
  const text = async (name: string) => new TextDecoder().decode(await workshop.read(`${modules}/${name}`));
  const [dep, builtin] = await Promise.all([text('modules.dep'), text('modules.builtin')]);
  const disks = loadOrder(diskModules, dep, builtin);
  const links = loadOrder(linkModules, dep, builtin, disks);
  const folders = ['bin', 'dev', 'modules', 'newroot', 'proc', 'run'];
  const entries: CpioEntry[] = [
    ...folders.map((path): CpioEntry => ({ kind: 'folder', path })),
    // What the kernel opens for PID 1 before /dev is mounted.
    { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'character-device', path: 'dev/null', major: 1, minor: 3 },
    {
      kind: 'file',
      path: 'init',
      mode: 0o755,
      content: await workshop.read(`${partsFolder}/initramfs-init`),
    },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, content: await workshop.read(busybox) },
  ];
  for (const [list, paths] of [
    ['disks', disks],
    ['links', links],
  ] as const) {
    for (const path of paths) {
      const content = await workshop.read(`${modules}/${path}`);
      entries.push({ kind: 'file', path: `modules/${fileName(path)}`, mode: 0o644, content });
    }
    const content = new TextEncoder().encode(paths.map((path) => `${fileName(path)}\n`).join(''));
    entries.push({ kind: 'file', path: `modules/${list}.list`, mode: 0o644, content });
  }
  return entries;
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
