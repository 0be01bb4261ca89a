import { describe, expect, it } from 'vitest';
import { vmId } from '../../domain/ids.ts';
import type { MachineSpec } from '../../ports/vm-driver.ts';
import { commandLine, type Platform } from './command-line.ts';

const machine: MachineSpec = {
  vm: vmId('vm-0123456789ab'),
  vcpus: 3,
  memoryMib: 2048,
  kernelPath: '/images/a,b/vmlinux',
  initramfsPath: '/images/a,b/initramfs',
  rootPath: '/images/a,b/root.erofs',
  scratchPath: '/disks/"x".ext4',
  network: { kind: 'user', restricted: true, forwards: [] },
  guestSocketPath: '/vms/a,b/link',
  consolePath: '/vms/console',
};
const sockets = { monitor: '/d/qmp', console: '/d/tty' };
const q35: Platform = { acceleration: 'tcg', board: 'q35' };
const microvm: Platform = { acceleration: 'kvm', board: 'microvm' };
const valuesOf = (args: readonly string[], option: string) =>
  args.filter((_, index) => args[index - 1] === option);

describe("QEMU's command line", () => {
  it('names the VM, so that people find it in a process list', () => {
    expect(valuesOf(commandLine(machine, q35, sockets), '-name')).toEqual(['bellows-vm-0123456789ab']);
  });

  it('bounds the memory of the emulator', () => {
    expect(valuesOf(commandLine(machine, q35, sockets), '-accel')).toEqual(['tcg,tb-size=64']);
    expect(valuesOf(commandLine(machine, microvm, sockets), '-accel')).toEqual(['kvm']);
  });

  it('attaches the image read-only and the scratch disk second, whatever their paths hold', () => {
    const disks = valuesOf(commandLine(machine, q35, sockets), '-blockdev').map((text) => JSON.parse(text));
    expect(disks[0]).toMatchObject({ 'read-only': true, file: { filename: machine.rootPath } });
    expect(disks[1]).toMatchObject({ file: { filename: machine.scratchPath } });
    expect(disks[1]['read-only']).toBeUndefined();
  });

  it('takes a tap that is there, and tells the guest its address, which is no secret', () => {
    const network: MachineSpec['network'] = {
      kind: 'tap',
      device: 'bw-7',
      owner: 200_007,
      mac: '06:00:0a:c8:00:0f',
      address: '10.200.0.15/31',
      gateway: '10.200.0.14',
      nameserver: '10.200.0.14',
      mtu: 1450,
    };
    const words = commandLine({ ...machine, network }, q35, sockets);
    expect(valuesOf(words, '-netdev')).toEqual(['tap,id=net,ifname=bw-7,script=no,downscript=no']);
    expect(valuesOf(words, '-device')).toContain(
      'virtio-net-pci,netdev=net,mac=06:00:0a:c8:00:0f,host_mtu=1450,romfile=',
    );
    expect(valuesOf(words, '-append')[0]).toMatch(
      / bellows\.ip=10\.200\.0\.15\/31,10\.200\.0\.14,10\.200\.0\.14,1450$/,
    );
    expect(valuesOf(words, '-sandbox')[0]).toContain('spawn=deny');
    expect(valuesOf(words, '-sandbox')[0]).toBe('on,obsolete=deny,resourcecontrol=deny,spawn=deny');
    expect(valuesOf(words, '-runas')).toEqual(['200007:200007']);
  });

  it('stays who it is when the tap is root’s', () => {
    const network = { kind: 'tap', device: 'bw-7', owner: 0, mac: '06:00:0a:c8:00:0f', mtu: 1450 } as const;
    const address = { address: '10.200.0.15/31', gateway: '10.200.0.14', nameserver: '10.200.0.14' };
    const words = commandLine({ ...machine, network: { ...network, ...address } }, q35, sockets);
    expect(words).not.toContain('-runas');
    expect(valuesOf(words, '-sandbox')[0]).toContain('elevateprivileges=deny');
  });

  it('holds both disks together to a rate, when there is one', () => {
    const words = commandLine({ ...machine, rates: { diskBytesPerSecond: 50_000_000 } }, q35, sockets);
    const group = valuesOf(words, '-object').map((text) => JSON.parse(text))[0];
    expect(group).toEqual({
      'qom-type': 'throttle-group',
      id: 'disks',
      limits: { 'bps-total': 50_000_000 },
    });
    const disks = valuesOf(words, '-blockdev').map((text) => JSON.parse(text));
    expect(disks.map((disk) => [disk['node-name'], disk['throttle-group']])).toEqual([
      ['root', 'disks'],
      ['scratch', 'disks'],
    ]);
    for (const node of [disks[0], disks[0].file]) expect(node).toMatchObject({ 'read-only': true });
    expect(valuesOf(commandLine(machine, q35, sockets), '-object')).toEqual([]);
  });

  it('writes commas in socket paths twice', () => {
    const chardevs = valuesOf(commandLine(machine, q35, sockets), '-chardev');
    expect(chardevs).toContain('socket,id=guest,path=/vms/a,,b/link,server=on,wait=off');
  });

  it('has PCI devices on q35 and others on a microvm', () => {
    const kinds = (platform: Platform) =>
      valuesOf(commandLine(machine, platform, sockets), '-device').map((device) => device.split(',')[0]);
    expect(kinds(q35)).toContain('virtio-serial-pci');
    expect(kinds(microvm)).toContain('virtio-serial-device');
    expect(kinds(microvm).filter((kind) => kind?.endsWith('-pci'))).toEqual([]);
  });

  it('shuts the network but for the forwards, and then lets QEMU start their relays only', () => {
    const forward = { guestAddress: '10.0.2.100', guestPort: 80, hostAddress: '127.0.0.1', hostPort: 8080 };
    const open: MachineSpec = {
      ...machine,
      network: { kind: 'user', restricted: true, forwards: [forward] },
    };
    expect(valuesOf(commandLine(machine, q35, sockets), '-netdev')).toEqual(['user,id=net,restrict=on']);
    expect(valuesOf(commandLine(open, q35, sockets), '-netdev')).toEqual([
      'user,id=net,restrict=on,guestfwd=tcp:10.0.2.100:80-cmd:busybox nc 127.0.0.1 8080',
    ]);
    expect(valuesOf(commandLine(machine, q35, sockets), '-sandbox')[0]).toContain('spawn=deny');
    expect(valuesOf(commandLine(open, q35, sockets), '-sandbox')[0]).not.toContain('spawn=deny');
  });
});
