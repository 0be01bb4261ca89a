// The guest that other tests stand on: what it promises them.

import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootSystemdGuest, type SystemdGuest } from './boot-guest.ts';

describe('the systemd guest', { timeout: 300_000 }, () => {
  let guest: SystemdGuest;
  const server = createServer((_request, response) => response.end('from outside'));

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    guest = await bootSystemdGuest({
      disks: [{ name: 'data', sizeMib: 512 }],
      files: { '/opt/trial/hello': { content: '#!/bin/sh\necho hello $1\n', mode: 0o755 } },
      forwards: [
        { guestAddress: '10.0.2.100', guestPort: 80, hostAddress: '127.0.0.1', hostPort: address.port },
      ],
    });
    process.stderr.write(`systemd guest up after ${Math.round(guest.bootMs)} ms\n`);
  }, 900_000);

  afterAll(async () => {
    await guest?.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('has systemd as its first process and cgroup v2 with the controllers that VMs need', async () => {
    expect(await guest.ask('cat /proc/1/comm')).toBe('systemd');
    expect(await guest.ask('stat -f -c %T /sys/fs/cgroup')).toBe('cgroup2fs');
    const controllers = (await guest.ask('cat /sys/fs/cgroup/cgroup.controllers')).split(' ');
    expect(controllers).toEqual(expect.arrayContaining(['cpu', 'io', 'memory', 'pids']));
    expect(await guest.ask('systemctl --failed --no-legend')).toBe('');
  });

  it('holds a unit to its limit of memory', async () => {
    const hog = 'head -c 200M /dev/zero | tail -c 200M | wc -c';
    const { code } = await guest.run(
      `systemd-run --quiet --wait --pipe -p MemoryMax=50M -p MemorySwapMax=0 sh -c '${hog}'`,
    );
    expect(code).not.toBe(0);
  });

  it('keeps a project to its quota on a disk of its own', async () => {
    const disk = '/dev/disk/by-id/virtio-data';
    await guest.ask(
      `mkfs.ext4 -q -O project,quota ${disk} && mkdir /mnt/data && mount -o prjquota ${disk} /mnt/data &&
       mkdir -m 777 /mnt/data/a && chattr -p 7 +P /mnt/data/a && setquota -P 7 0 10M 0 0 /mnt/data`,
    );
    // Root is not held to it (CAP_SYS_RESOURCE), so whoever is to be held must be somebody else.
    const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
    const { code, stderr } = await guest.run(`${nobody} sh -c 'head -c 20M /dev/zero > /mnt/data/a/file'`);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/quota exceeded|No space left/i);
    await guest.ask('head -c 20M /dev/zero > /mnt/data/file');
  });

  it('has the files that it was given, and reaches what it was told', async () => {
    expect(await guest.ask('/opt/trial/hello world')).toBe('hello world');
    const get = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | socat -t 10 - TCP:10.0.2.100:80";
    expect(await guest.ask(get)).toContain('from outside');
    expect((await guest.run('timeout 3 socat - TCP:10.0.2.2:22 </dev/null')).code).not.toBe(0);
  });

  it('tells how a command ended', async () => {
    expect(await guest.run('echo out; echo err >&2; exit 3')).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect((await guest.run('sleep 30', 1000)).code).toBe(124);
    expect((await guest.ask('head -c 1000000 /dev/zero | tr "\\0" x')).length).toBe(1_000_000);
  });

  it('comes back after a reboot with its disks as they were', async () => {
    const before = await guest.ask('echo kept > /root/kept && sync && cat /proc/sys/kernel/random/boot_id');
    await guest.reboot();
    expect(await guest.ask('cat /proc/sys/kernel/random/boot_id')).not.toBe(before);
    expect(await guest.ask('cat /root/kept')).toBe('kept');
    expect(await guest.ask('blkid -o value -s TYPE /dev/disk/by-id/virtio-data')).toBe('ext4');
  });
});
