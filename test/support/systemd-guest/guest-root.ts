// The disk, kernel and initramfs of a small Debian with systemd as PID 1, made once for each recipe and kept where the
// tests' images are kept.

import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostWorkshop } from '../../../src/adapters/image-store/host-workshop.ts';
import { distributionSources } from '../../../src/image/apt-sources.ts';
import { type CpioEntry, cpioArchive } from '../../../src/image/cpio.ts';
import { unpackKernel } from '../../../src/image/kernel-image.ts';
import { dependenciesOf, fileName, filesOf, namesToLoad } from '../../../src/image/kernel-modules.ts';
import { cacheFolder } from '../../../src/main/default-image.ts';
import type { ImageWorkshop } from '../../../src/ports/image-workshop.ts';

export interface GuestRoot {
  kernelPath: string;
  initramfsPath: string;
  /** An ext4 file system in a file; boot from a snapshot of it. */
  diskPath: string;
}

const recipeFolder = join(import.meta.dirname, 'recipe');
const kernelPackage = 'linux-image-cloud-amd64';
const modules = ['virtio_pci', 'virtio_blk', 'ext4', 'virtio_console', 'virtio_net', 'virtio_rng'];
const packages = [
  ...['systemd', 'systemd-sysv', 'dbus', 'udev', 'kmod', 'procps', 'util-linux', 'busybox-static'],
  ...['iproute2', 'nftables', 'iputils-ping', 'socat', 'ca-certificates'],
  ...['e2fsprogs', 'xfsprogs', 'quota', 'libstdc++6', 'libatomic1', 'python3-minimal'],
];
const aptOptions = [
  '--aptopt=Apt::Install-Recommends "false"',
  '--dpkgopt=path-exclude=/usr/share/man/*',
  '--dpkgopt=path-exclude=/usr/share/doc/*',
  '--dpkgopt=path-exclude=/usr/share/locale/*',
];
const buildTimeoutMs = 20 * 60_000;

/** Made by whichever test needs it first: a minute or two, and nothing when it is there. */
export async function systemdGuestRoot(): Promise<GuestRoot> {
  const cache = join(cacheFolder(), 'systemd-guest');
  const workshop = hostWorkshop(cache);
  const { codename, aptSources } = await workshop.host();
  const sources = distributionSources(aptSources, codename);
  if (sources === undefined) throw new Error('the systemd guest is made of Debian packages: run on Debian');
  const recipe = [codename, sources, kernelPackage, packages, modules, aptOptions];
  const digest = createHash('sha256')
    .update(JSON.stringify([recipe, await workshop.digest(recipeFolder)]))
    .digest('hex')
    .slice(0, 32);
  const place = join(cache, digest);
  if (!(await workshop.exists(place))) {
    const work = await workshop.newFolder();
    try {
      await make(workshop, work, codename, sources);
      await removeOlder(cache);
      await workshop.place(`${work}/out`, place);
    } finally {
      await workshop.remove(work);
    }
  }
  return {
    kernelPath: join(place, 'vmlinux'),
    initramfsPath: join(place, 'initramfs'),
    diskPath: join(place, 'root.ext4'),
  };
}

async function make(workshop: ImageWorkshop, work: string, codename: string, sources: string): Promise<void> {
  const own = (name: string): string => join(recipeFolder, name);
  const base = `${work}/base.tar`;
  await workshop.write(`${work}/apt.sources`, sources);
  await workshop.run({
    program: 'mmdebstrap',
    args: [
      ...[`--mode=${workshop.rootless ? 'unshare' : 'root'}`, '--variant=minbase', '--format=tar'],
      ...[`--include=${packages.join(',')}`, ...aptOptions],
      `--customize-hook=sh '${own('install-kernel.sh')}' "$1" ${kernelPackage}`,
      ...[codename, base, `${work}/apt.sources`],
    ],
    timeoutMs: buildTimeoutMs,
  });
  await workshop.write(`${work}/out/initramfs`, await initramfs(workshop, work, base));
  await workshop.run({
    program: 'sh',
    args: [own('pack-root.sh'), work, base, own('root'), `${work}/out/root.ext4`],
    asOwner: true,
    timeoutMs: buildTimeoutMs,
  });
}

/** Writes the kernel beside it too. */
async function initramfs(workshop: ImageWorkshop, work: string, base: string): Promise<Uint8Array> {
  const unpacked = `${work}/boot`;
  await workshop.write(`${unpacked}/.keep`, '');
  const wanted = ['./boot', './usr/lib/modules', './usr/bin/busybox'];
  await workshop.run({ program: 'tar', args: ['-C', unpacked, '--no-same-owner', '-xf', base, ...wanted] });
  const [version = ''] = await workshop.names(`${unpacked}/usr/lib/modules`);
  const packed = await workshop.read(`${unpacked}/boot/vmlinuz-${version}`);
  await workshop.write(`${work}/out/vmlinux`, unpackKernel(packed));

  const folder = `${unpacked}/usr/lib/modules/${version}`;
  const text = async (name: string) => new TextDecoder().decode(await workshop.read(`${folder}/${name}`));
  const [dep, builtin] = await Promise.all([text('modules.dep'), text('modules.builtin')]);
  const paths = filesOf(modules, dep, builtin);
  const place = `lib/modules/${version}`;
  const file = (path: string, content: Uint8Array, mode = 0o644): CpioEntry => {
    return { kind: 'file', path, mode, content };
  };
  const encoder = new TextEncoder();
  const entries: CpioEntry[] = [
    ...['bin', 'dev', 'lib', 'lib/modules', place, 'newroot', 'proc'].map((path): CpioEntry => {
      return { kind: 'folder', path };
    }),
    { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
    { kind: 'character-device', path: 'dev/null', major: 1, minor: 3 },
    file('init', await workshop.read(join(recipeFolder, 'initramfs-init')), 0o755),
    file('bin/busybox', await workshop.read(`${unpacked}/usr/bin/busybox`), 0o755),
    file('modules', encoder.encode(`${namesToLoad(modules, paths).join(' ')}\n`)),
    file(`${place}/modules.dep`, encoder.encode(dependenciesOf(paths, dep))),
  ];
  for (const path of paths)
    entries.push(file(`${place}/${fileName(path)}`, await workshop.read(`${folder}/${path}`)));
  return cpioArchive(entries);
}

/** A recipe that changed is not asked for again; a guest that boots from it holds its files open. */
async function removeOlder(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => /^[0-9a-f]{32}$/.test(name));
  await Promise.all(names.map((name) => rm(join(cache, name), { recursive: true, force: true })));
}
