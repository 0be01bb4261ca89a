// Which modules the initramfs loads, and the files that it needs for them. The image's own modules.dep says what each needs,
// so another kernel version needs no change here.

/** What the root file system's mounts need; a microvm has its devices on virtio_mmio instead of PCI. */
export const diskModules = ['virtio_pci', 'virtio_mmio', 'virtio_blk', 'overlay', 'erofs', 'ext4'];
/** What guest link and network need, loaded beside the mounts. */
export const linkModules = ['virtio_console', 'virtio_net', 'virtio_rng'];

/**
 * The files of `wanted` and of all that they need, sorted; paths as in modules.dep. A module that is built into the kernel
 * has no file. @throws when the kernel has a wanted module neither as file nor built in.
 */
export function filesOf(wanted: readonly string[], modulesDep: string, modulesBuiltin: string): string[] {
  const needs = parse(modulesDep);
  const pathOf = new Map([...needs.keys()].map((path) => [moduleName(path), path]));
  const builtIn = new Set(lines(modulesBuiltin).map(moduleName));
  const found = new Set<string>();
  for (const name of wanted) {
    const path = pathOf.get(name);
    if (path === undefined && !builtIn.has(name)) throw new Error(`the kernel has no module ${name}`);
    // modules.dep names all that a module needs, not its neighbours alone (depmod(8)).
    if (path !== undefined) for (const file of [path, ...(needs.get(path) ?? [])]) found.add(file);
  }
  return [...found].sort();
}

/** The names of `wanted` that have a file: modprobe fails for the others. */
export function namesToLoad(wanted: readonly string[], paths: readonly string[]): string[] {
  const names = new Set(paths.map(moduleName));
  return wanted.filter((name) => names.has(name));
}

/** A modules.dep of these files alone, for a folder that holds them all. */
export function dependenciesOf(paths: readonly string[], modulesDep: string): string {
  const needs = parse(modulesDep);
  const line = (path: string) =>
    `${fileName(path)}:${(needs.get(path) ?? []).map((need) => ` ${fileName(need)}`).join('')}\n`;
  return paths.map(line).join('');
}

/** `kernel/drivers/char/hw_random/virtio-rng.ko.xz` → `virtio_rng`: the kernel takes `-` and `_` for the same. */
export function moduleName(path: string): string {
  return fileName(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function parse(modulesDep: string): Map<string, string[]> {
  return new Map(
    lines(modulesDep).map((line): [string, string[]] => {
      const [path = '', after = ''] = line.split(':');
      return [path, after.split(' ').filter((word) => word !== '')];
    }),
  );
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
