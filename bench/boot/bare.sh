#!/bin/sh
# A VM as a person would start it by hand, to compare the agent's way with:
# boot-bare.sh FOLDER KERNEL INITRAMFS ROOT TEMPLATE
# Leaves the guest link at FOLDER/link; ends when the VM ends.
folder=$1
cp --sparse=always "$5" "$folder/scratch"
exec qemu-system-x86_64 \
	-machine q35,usb=off,sata=off,smbus=off -accel tcg,tb-size=64 -cpu max -smp 2 -m 1024 \
	-nodefaults -no-user-config -display none -no-reboot -serial stdio \
	-kernel "$2" -initrd "$3" \
	-append 'console=ttyS0 quiet loglevel=4 panic=1 reboot=t random.trust_cpu=on cryptomgr.notests no_timer_check' \
	-drive "if=none,id=root,format=raw,readonly=on,file=$4" -device virtio-blk-pci,drive=root \
	-drive "if=none,id=scratch,format=raw,cache=unsafe,discard=unmap,file=$folder/scratch" \
	-device virtio-blk-pci,drive=scratch \
	-netdev user,id=net,restrict=on -device virtio-net-pci,netdev=net,romfile= \
	-device virtio-rng-pci -device virtio-serial-pci \
	-chardev "socket,id=guest,path=$folder/link,server=on,wait=off" \
	-device virtserialport,chardev=guest,name=bellows
