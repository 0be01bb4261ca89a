import { describe, expect, it } from 'vitest';
import { loadOrder, moduleName } from './kernel-modules.ts';

const dep = `kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/block/virtio_blk.ko.xz: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/char/hw_random/virtio-rng.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
`;
const builtin = 'kernel/fs/ext4/ext4.ko\n';

describe('the order in which modules are loaded', () => {
  it('has what a module needs before it, and each once', () => {
    expect(loadOrder(['virtio_blk', 'virtio_rng'], dep, builtin).map(moduleName)).toEqual([
      'virtio_ring',
      'virtio',
      'virtio_blk',
      'virtio_rng',
    ]);
  });

  it('leaves out what is loaded or built in', () => {
    const disks = loadOrder(['virtio_blk', 'ext4'], dep, builtin);
    expect(loadOrder(['virtio_rng'], dep, builtin, disks).map(moduleName)).toEqual(['virtio_rng']);
  });

  it('fails for a module that the kernel does not have', () => {
    expect(() => loadOrder(['btrfs'], dep, builtin)).toThrow('the kernel has no module btrfs');
  });
});
