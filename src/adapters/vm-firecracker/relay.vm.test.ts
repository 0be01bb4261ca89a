// The guest's relay from vsock to the agent's socket, as it is in the image: its program, its kernel modules, its script. A
// kernel can connect to itself (vsock_loopback), so this needs no Firecracker; QEMU only lends the machine.

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeInitramfs } from '../../../test/support/talking-guest.ts';
import { testImage } from '../../../test/support/test-image.ts';
import { vmId } from '../../domain/ids.ts';
import type { BootFiles } from '../../ports/image-source.ts';
import { linuxProcessTable } from '../linux/process-table.ts';
import { sparseScratchDisk } from '../linux/scratch-disk.ts';
import { SystemClock } from '../system/clock.ts';
import { qemuDriver } from '../vm-qemu/driver.ts';

const init = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
mount -t devtmpfs dev /dev
read -r modules </modules.disks
modprobe -a $modules
mkdir /image
while [ ! -e /dev/vda ]; do usleep 20000; done
mount -t erofs -o ro /dev/vda /image
mount --bind /dev /image/dev
mount --bind /proc /image/proc
mount -t tmpfs run /image/run
mkdir /image/run/bellows
chroot /image /usr/lib/bellows/relay-vsock &
chroot /image /sbin/modprobe vsock_loopback
# In the agent's place: says everything back.
chroot /image /usr/bin/socat UNIX-LISTEN:/run/bellows/guest.sock,fork EXEC:/bin/cat &
answer=
while [ "$answer" != hello ]; do
	answer=$(echo hello | chroot /image /usr/bin/socat -t 5 - VSOCK-CONNECT:1:1024)
	usleep 50000
done
echo "the relay answered $answer" >/dev/console
poweroff -f
`;

let image: BootFiles;
let folder: string;
beforeAll(async () => {
  image = await testImage();
  folder = await mkdtemp(join(tmpdir(), 'bellows-relay-test-'));
}, 900_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it('hands a connection of the host on to the agent', async () => {
  const vm = vmId(`vm-${randomBytes(6).toString('hex')}`);
  const { path: scratchPath } = await sparseScratchDisk({ folder: join(folder, 'disks') }).create(vm, 1);
  const driver = qemuDriver({
    folder: join(folder, 'vms'),
    platform: { acceleration: 'tcg', board: 'q35' },
    processes: linuxProcessTable(),
    clock: new SystemClock(),
  });
  const consolePath = join(folder, 'console');
  const running = await driver.start({
    vm,
    vcpus: 1,
    memoryMib: 512,
    kernelPath: image.kernelPath,
    initramfsPath: await writeInitramfs(image, init, join(folder, 'initramfs')),
    rootPath: image.rootPath,
    scratchPath,
    network: { kind: 'user', restricted: true, forwards: [] },
    guestSocketPath: join(folder, 'link'),
    consolePath,
  });
  try {
    await expect
      .poll(() => readFile(consolePath, 'utf8'), { timeout: 120_000 })
      .toContain('the relay answered hello');
    await running.ended;
  } finally {
    await driver.stop(vm);
  }
});
