// Which modules the initramfs loads, and in what order. The image's own modules.dep says what each needs, so another
// kernel version needs no change here.

/** What the root file system's mounts need; a microvm has its devices on virtio_mmio instead of PCI. */
export const diskModules = ['virtio_pci', 'virtio_mmio', 'virtio_blk', 'overlay', 'erofs', 'ext4'];
/** What guest link and network need, loaded beside the mounts. */
export const linkModules = ['virtio_console', 'virtio_net', 'virtio_rng'];

/**
 * The files to load for `wanted`, dependencies first, each once and none of `loaded`; paths as in modules.dep. A module
 * that is built into the kernel needs no file. @throws when the kernel has a wanted module neither as file nor built in.
 */
export function loadOrder(
  wanted: readonly string[],
  modulesDep: string,
  modulesBuiltin: string,
  loaded: readonly string[] = [],
): string[] {
  const needs = new Map(
    lines(modulesDep).map((line): [string, string[]] => {
      const [path = '', after = ''] = line.split(':');
      return [path, after.split(' ').filter((word) => word !== '')];
    }),
  );
  const pathOf = new Map([...needs.keys()].map((path) => [moduleName(path), path]));
  const builtIn = new Set(lines(modulesBuiltin).map(moduleName));
  const order: string[] = [];
  const add = (path: string): void => {
    if (loaded.includes(path) || order.includes(path)) return;
    for (const needed of needs.get(path) ?? []) add(needed);
    order.push(path);
  };
  for (const name of wanted) {
    const path = pathOf.get(name);
    if (path !== undefined) add(path);
    else if (!builtIn.has(name)) throw new Error(`the kernel has no module ${name}`);
  }
  return order;
}

/** `kernel/drivers/char/hw_random/virtio-rng.ko.xz` → `virtio_rng`: the kernel takes `-` and `_` for the same. */
export function moduleName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  return file.replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_');
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
