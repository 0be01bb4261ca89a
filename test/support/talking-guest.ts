// A guest for tests of drivers: the image's kernel with a few lines of shell instead of the whole image, up in two seconds
// of emulation. Linux unpacks archives one after the other, so a second one replaces the image's /init.

import { readFile, writeFile } from 'node:fs/promises';
import { cpioArchive } from '../../src/image/cpio.ts';
import type { BootFiles } from '../../src/ports/image-source.ts';

const init = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
mount -t devtmpfs dev /dev
mkdir -p /sys && mount -t sysfs sys /sys
for list in /modules.disks /modules.links; do
	read -r modules <"$list"
	modprobe -a $modules
done
port=
while [ -z "$port" ]; do
	for candidate in /sys/class/virtio-ports/*; do
		read -r name <"$candidate/name" && [ "$name" = bellows ] && port=/dev/\${candidate##*/}
	done
done
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2
echo listening
exec 3<>"$port"
while :; do
	if read -r verb rest <&3; then
		case $verb in
		echo) echo "$rest" >&3 ;;
		power-off) poweroff -f ;;
		fetch)
			set -- $rest
			# What asks must not close its half before the answer: a server takes that for the end.
			body=$( (printf 'GET %s HTTP/1.0\\r\\n\\r\\n' "$3"; sleep 2) | nc -w 5 "$1" "$2" 2>/dev/null | tail -n 1)
			echo "\${body:-no answer}" >&3
			;;
		panic) echo c >/proc/sysrq-trigger ;;
		flood) while :; do echo "$rest$rest$rest$rest$rest$rest$rest$rest"; done ;;
		esac
	else
		usleep 20000
	fi
done
`;

/** Writes the guest's initramfs and gives its path. */
export async function writeTalkingGuest(image: BootFiles, path: string): Promise<string> {
  return writeInitramfs(image, init, path);
}

/** The image's initramfs with another program as PID 1. */
export async function writeInitramfs(image: BootFiles, script: string, path: string): Promise<string> {
  const content = new TextEncoder().encode(script);
  const own = cpioArchive([{ kind: 'file', path: 'init', mode: 0o755, content }]);
  await writeFile(path, Buffer.concat([await readFile(image.initramfsPath), own]));
  return path;
}
