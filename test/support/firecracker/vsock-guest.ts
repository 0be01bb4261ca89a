// A guest for the real Firecracker: the image's kernel and, in place of its init, a few lines of shell behind the image's own
// relay to vsock. It answers as the other talking guests do.

import type { BootFiles } from '../../../src/ports/image-source.ts';
import { writeInitramfs } from '../talking-guest.ts';

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
cat >/image/run/answer <<'END'
while read -r verb rest; do
	case $verb in
	echo) echo "$rest" ;;
	# A reset: what ends a Firecracker.
	power-off) echo b >/proc/sysrq-trigger ;;
	panic) echo c >/proc/sysrq-trigger ;;
	esac
done
END
chroot /image /usr/bin/socat UNIX-LISTEN:/run/bellows/guest.sock,fork 'EXEC:/bin/sh /run/answer' &
exec chroot /image /usr/lib/bellows/relay-vsock
`;

/** Writes the guest's initramfs and gives its path. */
export function writeVsockGuest(image: BootFiles, path: string): Promise<string> {
  return writeInitramfs(image, init, path);
}
