import { describe, expect, it } from 'vitest';
import { dependenciesOf, filesOf, moduleName, namesToLoad } from './kernel-modules.ts';

const dep = `kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/block/virtio_blk.ko.xz: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/char/hw_random/virtio-rng.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
`;
const builtin = 'kernel/fs/ext4/ext4.ko\n';

describe("an initramfs's modules", () => {
  it('come with all that they need, each once', () => {
    const names = filesOf(['virtio_blk', 'virtio_rng'], dep, builtin).map(moduleName);
    expect(names.sort()).toEqual(['virtio', 'virtio_blk', 'virtio_ring', 'virtio_rng']);
  });

  it('are named only where they are files: what is built in is there', () => {
    const files = filesOf(['virtio_blk', 'ext4'], dep, builtin);
    expect(namesToLoad(['virtio_blk', 'ext4'], files)).toEqual(['virtio_blk']);
  });

  it('have a modules.dep for one folder', () => {
    expect(dependenciesOf(filesOf(['virtio_blk'], dep, builtin), dep)).toBe(
      'virtio_blk.ko.xz: virtio.ko virtio_ring.ko\nvirtio.ko: virtio_ring.ko\nvirtio_ring.ko:\n',
    );
  });

  it('fail the build when the kernel does not have them', () => {
    expect(() => filesOf(['btrfs'], dep, builtin)).toThrow('the kernel has no module btrfs');
  });
});
