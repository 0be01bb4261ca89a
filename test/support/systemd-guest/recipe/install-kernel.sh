#!/bin/sh
# Called by mmdebstrap when all packages are installed: install-kernel.sh ROOT KERNEL_PACKAGE
# The kernel without its package, which would bring an initramfs generator: the test makes one of a megabyte.
set -eu
root=$1
kernel=$2
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
package=$(apt-cache depends --important "$kernel" | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
cd "$root/tmp"
apt-get download "${package:-$kernel}"
dpkg-deb -x ./linux-image-*.deb kernel
mkdir -p "$root/boot" "$root/usr/lib/modules"
mv kernel/boot/vmlinuz-* "$root/boot/"
mv kernel/lib/modules/* "$root/usr/lib/modules/"
rm -rf kernel ./linux-image-*.deb
for version in "$root"/usr/lib/modules/*; do
	chroot "$root" depmod "${version##*/}"
done
