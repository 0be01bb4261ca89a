#!/bin/sh
# Puts the guest's parts onto the base and packs the root file system:
# assemble.sh WORK BASE.tar PARTS AGENT.js NODE RUNNER OUT.erofs
# RUNNER is a .tar.gz as actions/runner is published, or a .js bundle. Runs as root, or as root of a user namespace.
set -eu
work=$1
base=$2
parts=$3
agent=$4
node=$5
runner=$6
out=$7

tree=$work/tree
own=$tree/usr/lib/bellows
mkdir "$tree"
# Device nodes are the kernel's business (devtmpfs), and cannot be made in a user namespace.
tar -C "$tree" -xf "$base" --numeric-owner --exclude='./dev/*'

cp -R "$parts/rootfs/." "$tree/"
chown -R 0:0 "$own" "$tree/etc/docker" "$tree/etc/containerd" "$tree/etc/sudoers.d"
chmod 440 "$tree/etc/sudoers.d/runner"
cp "$node" "$own/bellows-guest"
cp "$tree/usr/bin/busybox" "$own/busybox"
cp "$tree/usr/bin/socat" "$own/bellows-relay"
cp "$agent" "$own/guest-agent.js"
echo '{ "type": "module" }' >"$own/package.json"
chmod 755 "$own" "$own/init" "$own/start-docker" "$own/run-runner" "$own/relay-vsock" "$own/bellows-guest" \
	"$own/bellows-relay" "$own/busybox"

mkdir -p "$tree/opt/runner"
case $runner in
*.tar.gz | *.tgz) tar -C "$tree/opt/runner" -xzf "$runner" --no-same-owner ;;
*)
	cp "$runner" "$tree/opt/runner/sim-runner.js"
	echo '{ "type": "module" }' >"$tree/opt/runner/package.json"
	;;
esac
chown -R 1001:1001 "$tree/opt/runner"

# No compression: unpacking would be work of the guest's processor at every boot, and all VMs share the file's pages.
mkfs.erofs --quiet -x-1 "$out" "$tree"
rm -rf "$tree"
