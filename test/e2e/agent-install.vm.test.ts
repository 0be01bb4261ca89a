// `bellows agent install` as an operator types it: on a fresh Debian with systemd, from an archive, against a real control
// plane; through a refused token, a reboot, and back to the host as it was.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentArchive } from '../../scripts/build/agent-archive.ts';
import { type ApiHost, listHosts } from '../../src/wire/api/hosts.ts';
import { makeProduct, type Product } from '../support/product.ts';
import { bootSystemdGuest, type SystemdGuest } from '../support/systemd-guest/boot-guest.ts';
import { emptyPackages } from '../support/systemd-guest/local-packages.ts';

const server = 'http://10.0.2.100';
const disk = '/dev/disk/by-id/virtio-data';
/** Unpacking 120 MB and comparing it twice are minutes of an emulated processor that others use as well. */
const patienceMs = 240_000;
const bootstrap = '/root/unpacked/bin/bellows agent';

/** What a host is made of, as far as an installation could touch it. */
const inventory = [
  'find /etc /opt /usr/local /root /home /srv /var/lib -xdev -name "guest-shell*" -prune -o -print',
  'find /sys/fs/cgroup -type d',
  'cat /etc/passwd /etc/group',
  'cut -d " " -f 1-3 /proc/mounts',
  'ip -o address show | sed "s/ valid_lft .*//"; nft list ruleset',
  'systemctl list-units --all --plain --no-legend --type=service,mount,slice | cut -d " " -f 1',
  'wipefs --no-act /dev/disk/by-id/virtio-*',
].join('; ');
/** What apt, systemd and the test itself write in the meantime. `quotaon` is systemd's own, which a mount with quotas starts. */
const notOurs =
  /\/var\/lib\/(apt|dpkg|systemd)\/|\/etc\/(ld\.so\.cache|\.pwd\.lock)|systemd-|user|modprobe@|\/root\/(unpacked|token|wrong)|init\.scope|^quotaon\.service$|^run-|apt-|dpkg-/;

describe('bellows agent install', { timeout: patienceMs }, () => {
  let folder: string;
  let product: Product;
  let guest: SystemdGuest;
  let before: readonly string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-install-'));
    const { archive } = await agentArchive(folder);
    // Unpacked here, since the emulated processor takes half a minute for it.
    await mkdir(join(folder, 'unpacked'));
    await promisify(execFile)('tar', ['-C', join(folder, 'unpacked'), '-xzf', archive]);
    await emptyPackages(join(folder, 'packages'), ['qemu-system-x86']);
    product = await makeProduct({ image: '0'.repeat(64) });
    await product.startServer();
    guest = await bootSystemdGuest({
      disks: [{ name: 'data', sizeMib: 3072 }],
      files: {
        '/root/agent.tar.gz': { from: archive },
        '/root/unpacked': { from: join(folder, 'unpacked') },
        '/root/token': { content: await enrolToken(), mode: 0o600 },
        '/root/wrong': { content: `bellows_enrol_${'x'.repeat(43)}`, mode: 0o600 },
        '/usr/local/packages': { from: join(folder, 'packages') },
      },
      forwards: [
        { guestAddress: '10.0.2.100', guestPort: 80, hostAddress: '127.0.0.1', hostPort: product.serverPort },
      ],
    });
    tellTime('boot', guest.bootMs);
    await guest.ask(
      `rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
       echo 'deb [trusted=yes] file:/usr/local/packages ./' > /etc/apt/sources.list`,
    );
    before = await look();
  }, 900_000);

  afterAll(async () => {
    await guest?.close();
    await product?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function enrolToken(): Promise<string> {
    const made = await product.bellows('host', 'enrol-token', '--name', 'fresh');
    return typeof made === 'object' && made !== null ? String(Reflect.get(made, 'token')) : '';
  }
  const look = async (): Promise<readonly string[]> =>
    (await guest.ask(inventory))
      .split('\n')
      .filter((line) => !notOurs.test(line))
      // Mounts come in another order after each boot.
      .sort();
  const host = async (): Promise<ApiHost | undefined> =>
    listHosts.answer.parse(await product.bellows('hosts')).hosts.find(({ name }) => name === 'fresh');
  const isOnline = () =>
    expect.poll(async () => (await host())?.state, { timeout: 120_000, interval: 500 }).toBe('online');
  /** Its code, and what it printed as JSON. */
  async function bellows(command: string): Promise<{ code: number; said: Record<string, unknown> }> {
    const begun = performance.now();
    const { code, stdout, stderr } = await guest.run(`${command} --json`, patienceMs);
    tellTime(command, performance.now() - begun);
    const last = stdout.trim().split('\n').at(-1) ?? '';
    if (!last.startsWith('{')) throw new Error(`${command} ended with ${code}: ${stdout}${stderr}`);
    return { code, said: JSON.parse(last) };
  }

  it('is refused a disk with data on it, and changes nothing', async () => {
    await guest.ask(`printf 'somebody' | dd of=${disk} seek=8 bs=512 conv=notrunc status=none`);
    const { code, said } = await bellows(
      `${bootstrap} install --server ${server} --token-file /root/wrong --disk ${disk}`,
    );
    expect([code, said]).toEqual([
      1,
      { ok: false, problems: [expect.stringContaining('is not empty: bytes that belong to nothing known')] },
    ]);
    await guest.ask(`dd if=/dev/zero of=${disk} bs=1M count=1 conv=notrunc status=none`);
    expect(await look()).toEqual(before);
  });

  it('tells a refused token in the control plane’s words, before the service starts', async () => {
    const { code, said } = await bellows(
      `${bootstrap} install --server ${server} --token-file /root/wrong --offline /root/agent.tar.gz --disk ${disk} --labels gpu`,
    );
    expect([code, said]).toEqual([
      1,
      { ok: false, problems: [expect.stringContaining('unknown, used or run out')] },
    ]);
    expect((await guest.run('systemctl is-active bellows-agent')).stdout).toBe('inactive\n');
  });

  it('goes on from there with a good token, and the agent comes up and links', async () => {
    const { said } = await bellows(`bellows agent install --token-file /root/token`);
    expect(said).toMatchObject({ ok: true, changes: expect.arrayContaining([`Enrolled with ${server}`]) });
    await isOnline();
    expect(await host()).toMatchObject({ capacity: { labels: ['gpu'], arch: 'x64' } });
    const facts = await guest.ask(
      `findmnt -n -o FSTYPE,OPTIONS /var/lib/bellows; stat -c %a /var/lib/bellows /etc/bellows/agent.env
       cat /sys/fs/cgroup/bellows.slice/bellows-vms.service/cgroup.controllers; dpkg-query -W qemu-system-x86
       ! grep -rlF -f /root/token /etc /var/lib/bellows /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null`,
    );
    expect(facts).toMatch(/^ext4 .*usrquota/);
    expect(facts).toMatch(/\n700\n600\n.*cpu.*memory.*pids.*\nqemu-system-x86\t1\.0$/);
  });

  it('lets what it started live when it is restarted, and comes up after a reboot', async () => {
    const agent = '/sys/fs/cgroup/system.slice/bellows-agent.service/cgroup.procs';
    await guest.ask(
      `setsid sleep 1000 > /dev/null 2>&1 & echo $! | tee /run/stand-in > ${agent}
       systemctl restart bellows-agent && kill -0 $(cat /run/stand-in)`,
    );
    await guest.reboot();
    await isOnline();
    // It is online a moment before it has told systemd so.
    const units = 'systemctl is-active bellows-agent bellows-vms var-lib-bellows.mount';
    await expect
      .poll(async () => (await guest.run(units)).stdout, { timeout: 60_000, interval: 500 })
      .toBe('active\nactive\nactive\n');
  });

  it('changes nothing the second time', async () => {
    expect((await bellows('bellows agent install')).said).toEqual({
      ok: true,
      version: expect.any(String),
      changes: [],
    });
  });

  it('is taken away again, VMs and all, and nothing is left', async () => {
    const vm = '/sys/fs/cgroup/bellows.slice/bellows-vms.service/vm-2';
    await guest.ask(`mkdir ${vm}; setsid sleep 1000 > /dev/null 2>&1 & echo $! > ${vm}/cgroup.procs
      ip tuntap add bw-000000000001 mode tap && nft add table inet bellows && nft add table netdev bellows`);
    const { code, said } = await bellows('bellows agent uninstall --force');
    expect([code, said]).toMatchObject([
      0,
      { ok: true, kept: expect.arrayContaining([expect.stringContaining('qemu-system-x86')]) },
    ]);
    expect(await look()).toEqual(before);
    expect((await guest.run('pgrep -f "sleep 1000"; pgrep -f bellows-agent')).stdout).toBe('');
  });
});

function tellTime(what: string, ms: number): void {
  process.stderr.write(`${(ms / 1000).toFixed(1)} s: ${what}\n`);
}
