// Kernel and initramfs of an image, both from the base that its root file system is made of.

import type { ImageWorkshop } from '../ports/image-workshop.ts';
import { imageFiles } from '../wire/image-manifest.ts';
import { type CpioEntry, cpioArchive } from './cpio.ts';
import { unpackKernel } from './kernel-image.ts';
import {
  dependenciesOf,
  diskModules,
  fileName,
  filesOf,
  linkModules,
  namesToLoad,
} from './kernel-modules.ts';

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
  const busybox = `${unpacked}/usr/bin/busybox`;
  const entries = await initramfsEntries({ kernelVersion, modules, busybox, partsFolder }, workshop);
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
  from: { kernelVersion: string; modules: string; busybox: string; partsFolder: string },
  workshop: ImageWorkshop,
): Promise<CpioEntry[]> {
  const { kernelVersion, modules, busybox, partsFolder } = from;
  const text = async (name: string) => new TextDecoder().decode(await workshop.read(`${modules}/${name}`));
  const [dep, builtin] = await Promise.all([text('modules.dep'), text('modules.builtin')]);
  const paths = filesOf([...diskModules, ...linkModules], dep, builtin);
  const place = `lib/modules/${kernelVersion}`;
  const folders = ['bin', 'dev', 'lib', 'lib/modules', place, 'newroot', 'proc', 'run'];
  const file = (path: string, content: string | Uint8Array, mode = 0o644): CpioEntry => {
    return {
      kind: 'file',
      path,
      mode,
      content: typeof content === 'string' ? encoder.encode(content) : content,
    };
  };
  const entries: CpioEntry[] = [
    ...folders.map((path): CpioEntry => ({ kind: 'folder', path })),
    // What the kernel opens for PID 1 before /dev is mounted.
    { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'character-device', path: 'dev/null', major: 1, minor: 3 },
    file('init', await workshop.read(`${partsFolder}/initramfs-init`), 0o755),
    file('bin/busybox', await workshop.read(busybox), 0o755),
    file('modules.disks', `${namesToLoad(diskModules, paths).join(' ')}\n`),
    file('modules.links', `${namesToLoad(linkModules, paths).join(' ')}\n`),
    file(`${place}/modules.dep`, dependenciesOf(paths, dep)),
  ];
  for (const path of paths)
    entries.push(file(`${place}/${fileName(path)}`, await workshop.read(`${modules}/${path}`)));
  return entries;
}

const encoder = new TextEncoder();
