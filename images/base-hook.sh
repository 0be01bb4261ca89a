#!/bin/sh
# Called by mmdebstrap when all packages are installed: base-hook.sh ROOT KERNEL_PACKAGE
# What every VM must not share, or must have, whatever is installed. Runs as root, or as root of a user namespace.
set -eu
root=$1
kernel=$2

# The kernel without its package: that would bring an initramfs generator and its hooks, which no VM needs.
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
package=$(apt-cache depends --important "$kernel" | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
cd "$root/tmp"
apt-get download "${package:-$kernel}"
dpkg-deb -x ./linux-image-*.deb kernel
rm ./linux-image-*.deb
mkdir -p "$root/boot" "$root/usr/lib/modules"
mv kernel/boot/vmlinuz-* "$root/boot/"
# Where they lie since Debian 13, and where before.
modules=kernel/usr/lib/modules
[ -d "$modules" ] || modules=kernel/lib/modules
mv "$modules"/* "$root/usr/lib/modules/"
rm -rf kernel
for version in "$root"/usr/lib/modules/*; do
	chroot "$root" depmod "${version##*/}"
done

# The user of every job: GitHub's hosted runners give it 1001 and sudo without a password.
chroot "$root" useradd --create-home --uid 1001 --groups sudo,docker --shell /bin/bash runner

# nft's translation of the same rules takes dockerd seconds longer in software emulation.
for tool in iptables ip6tables; do
	chroot "$root" update-alternatives --set "$tool" "/usr/sbin/$tool-legacy"
done

# Keys and ids belong to one machine.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
: >"$root/etc/machine-id"
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
rm -rf "$root"/var/log/*.log "$root"/var/log/apt
