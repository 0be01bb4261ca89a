import { describe, expect, it } from 'vitest';
import { vmId } from '../../domain/ids.ts';
import { jailed, jailOf, nameInJailId, newJailId, onHost, placeOf } from './jail.ts';
import { cgroupBelow, jailerArguments } from './jailer-arguments.ts';

const vm = vmId('vm-0123456789ab');

describe('a jail', () => {
  it('has an id of its own at each launch, in the alphabet of the jailer', () => {
    const ids = Array.from({ length: 50 }, () => newJailId(vm, '/var/lib/bellows/fc'));
    expect(new Set(ids).size).toBeGreaterThan(45);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9-]{1,64}$/);
  });

  it("names its VM, and is not taken for another agent's", () => {
    const id = newJailId(vm, '/var/lib/bellows/fc');
    expect(nameInJailId(id, '/var/lib/bellows/fc')).toBe(vm);
    expect(nameInJailId(id, '/somewhere/else')).toBeUndefined();
    expect(nameInJailId('anonymous-instance', '/var/lib/bellows/fc')).toBeUndefined();
  });

  it("has the jailer's layout", () => {
    const jail = jailOf(placeOf(vm, '/fc'), 'firecracker-v1.16.1', 'the-id');
    expect(onHost(jail, jailed.kernel)).toBe(`/fc/${vm}/firecracker-v1.16.1/the-id/root/kernel`);
  });

  it('keeps its sockets short enough to bind', () => {
    for (const path of [jailed.apiSocket, jailed.guestSocket]) expect(path.length).toBeLessThan(100);
  });
});

describe('the jailer', () => {
  const place = placeOf(vm, '/fc');
  const launch = {
    jail: jailOf(place, 'firecracker', 'the-id'),
    base: place.folder,
    program: '/usr/bin/firecracker',
    user: 900_001,
    pci: true,
    cgroup: 'bellows.slice/vm-0123456789ab',
  };

  it('is told of version 2, of a folder that is there, and of no single limit', () => {
    const given = jailerArguments(launch);
    expect(given.slice(0, given.indexOf('--'))).toEqual([
      ...['--id', 'the-id', '--exec-file', '/usr/bin/firecracker', '--uid', '900001', '--gid', '900001'],
      ...['--chroot-base-dir', `/fc/${vm}`],
      ...['--cgroup-version', '2', '--parent-cgroup', 'bellows.slice/vm-0123456789ab'],
    ]);
    expect(given).not.toContain('--cgroup');
    expect(given).not.toContain('--no-seccomp');
  });

  it('is told nothing of control groups where there are none', () => {
    expect(jailerArguments({ ...launch, cgroup: undefined }).join(' ')).not.toContain('cgroup');
  });

  it('is told of the bus only where the release has one', () => {
    expect(jailerArguments(launch)).toContain('--enable-pci');
    expect(jailerArguments({ ...launch, pci: false })).not.toContain('--enable-pci');
  });

  it('takes a control group only from below its root', () => {
    expect(cgroupBelow('/sys/fs/cgroup', '/sys/fs/cgroup/a/b')).toBe('a/b');
    for (const elsewhere of ['/sys/fs/cgroup', '/sys/fs', '/elsewhere/a'])
      expect(cgroupBelow('/sys/fs/cgroup', elsewhere)).toBeUndefined();
  });
});
