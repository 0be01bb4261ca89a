#!/bin/sh
# Makes the guest's disk: pack-root.sh WORK BASE.tar PARTS OUT.ext4
# Runs as root, or as root of a user namespace.
set -eu
work=$1
base=$2
parts=$3
out=$4

tree=$work/tree
mkdir "$tree"
# Device nodes are the kernel's business (devtmpfs), and cannot be made in a user namespace.
tar -C "$tree" -xf "$base" --numeric-owner --exclude='./dev/*'
cp -R "$parts/." "$tree/"
chown -R 0:0 "$tree/usr/local/sbin" "$tree/etc/systemd/system"

echo guest >"$tree/etc/hostname"
echo '127.0.0.1 localhost guest' >"$tree/etc/hosts"
echo '/dev/vda / ext4 noatime 0 0' >"$tree/etc/fstab"
: >"$tree/etc/machine-id"
chroot "$tree" systemctl --quiet enable guest-shell.service guest-network.service
# What would only take the emulated processor's time.
chroot "$tree" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
	e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-timesyncd.service getty.target \
	serial-getty@ttyS0.service getty@tty1.service systemd-random-seed.service systemd-hwdb-update.service \
	systemd-update-utmp.service systemd-update-utmp-runlevel.service
chroot "$tree" systemctl --quiet set-default multi-user.target

truncate -s 6G "$out"
mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1,nodiscard,root_owner=0:0 -d "$tree" "$out"
rm -rf "$tree"
