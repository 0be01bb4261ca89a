import { beforeEach, describe, expect, it } from 'vitest';
import { depsOf, emptyDisk, type FakeHost, fakeHost } from './fake-host.fixture.ts';
import { type InstallRequest, install } from './install.ts';
import { places } from './places.ts';
import { uninstall } from './uninstall.ts';

const url = 'https://bellows.example';
const first: InstallRequest = {
  server: url,
  force: false,
  hasToken: true,
  source: { kind: 'archive', path: '/root/agent.tar.gz' },
};
const again: InstallRequest = { force: false, hasToken: false, source: first.source };

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});
const run = (request: InstallRequest = first) => install(request, depsOf(host));
const environment = () => host.files.get(places.environment)?.text ?? '';

describe('a first installation', () => {
  it('leaves a running service, and says what it did', async () => {
    const outcome = await run({ ...first, labels: 'gpu,fast' });
    expect(outcome).toMatchObject({ ok: true, version: '1.0.0' });
    expect(host.running).toContain('bellows-agent.service');
    expect(environment()).toContain(`BELLOWS_URL='${url}'`);
    expect(environment()).toContain("BELLOWS_HOST_LABELS='gpu,fast'");
    expect(environment()).toContain("BELLOWS_NETWORK='tap'");
    expect(host.files.get(places.environment)?.mode).toBe(0o600);
    expect(host.firecracker).toBeUndefined();
    expect(host.said).toContain('Installing Debian packages: nftables, qemu-system-x86');
    expect(host.enrolled).toBe(url);
    expect(JSON.parse(host.files.get(places.record)?.text ?? '')).toMatchObject({
      state: 'installed',
      packages: ['nftables', 'qemu-system-x86'],
    });
  });

  it('enrols before the service starts, so that a refused token is told to whoever installs', async () => {
    host.failAt = 'enrol';
    await expect(run()).rejects.toThrow('cut short at enrol');
    expect(host.running).toEqual(new Set());
  });

  it.each<[string, Partial<FakeHost['facts']>, string]>([
    ['an ordinary user', { isRoot: false }, 'must run as root'],
    ['a host without systemd', { systemd: false }, 'systemd is not the first process'],
    ['a processor that nobody built for', { arch: 'riscv64' }, 'processor is riscv64'],
    ['an old Debian', { distribution: 'debian 11' }, 'needs debian 12 or newer'],
    ['an old Ubuntu', { distribution: 'ubuntu 20.04' }, 'needs ubuntu 22.04 or newer'],
    ['another distribution', { apt: false, distribution: 'fedora 41' }, 'this is fedora 41'],
  ])('is refused to %s before anything is changed', async (_, facts, words) => {
    Object.assign(host.facts, facts);
    expect(await run()).toEqual({ ok: false, problems: [expect.stringContaining(words)] });
    expect(host.acts).toEqual([]);
  });

  it.each(['debian 12', 'debian 13', 'debian unknown', 'ubuntu 22.04', 'ubuntu 24.04', 'linuxmint 21'])(
    'is made on %s',
    async (distribution) => {
      host.facts.distribution = distribution;
      expect(await run()).toMatchObject({ ok: true });
    },
  );

  it('tells all that is missing at once', async () => {
    expect(await run({ ...again, disk: '/dev/none' })).toEqual({
      ok: false,
      problems: [expect.stringContaining('--server'), expect.stringContaining('/dev/none is no disk')],
    });
    expect(await run({ ...first, hasToken: false })).toEqual({
      ok: false,
      problems: [expect.stringContaining('bellows host enrol-token')],
    });
    expect(host.acts).toEqual([]);
  });

  it('does not begin when nobody answers at the address', async () => {
    const deps = { ...depsOf(host), demandServer: () => Promise.reject(new Error('cannot be reached')) };
    await expect(install(first, deps)).rejects.toThrow('cannot be reached');
    expect(host.acts).toEqual([]);
  });

  it('refuses an archive for another processor', async () => {
    host.archive = { version: '1.0.0', arch: 'arm64' };
    expect(await run()).toMatchObject({
      ok: false,
      problems: ['the archive is for arm64, this host is x64'],
    });
    expect(host.acts).toEqual([]);
  });

  it('tells the last words of a service that does not stay up', async () => {
    const deps = depsOf(host);
    const setup = {
      ...deps.setup,
      service: async () => ({ state: 'activating', pid: 0, words: 'no /dev/kvm' }),
    };
    await expect(install(first, { ...deps, setup })).rejects.toThrow(
      /does not come up \(activating\)[\s\S]*no \/dev\/kvm/,
    );
  });
});

describe('Firecracker', () => {
  const withIt = { ...first, driver: 'firecracker' as const };

  it('is placed with its jailer where the agent looks, and without QEMU', async () => {
    expect(await run(withIt)).toMatchObject({
      ok: true,
      changes: expect.arrayContaining([
        'Placed Firecracker v1.16.1 and its jailer in /opt/bellows/firecracker',
      ]),
    });
    expect(environment()).toContain("BELLOWS_FIRECRACKER='/opt/bellows/firecracker'");
    expect([...host.installed]).not.toContain('qemu-system-x86');
  });

  it('stays as it is, until another is given, which restarts the agent', async () => {
    await run(withIt);
    expect(await run(again)).toMatchObject({ ok: true, changes: [] });
    host.acts = [];
    const source = { kind: 'archive', path: '/root/firecracker.tgz' } as const;
    expect(await run({ ...again, firecracker: source })).toMatchObject({ ok: true });
    expect(host.firecracker).toBe('v1.17.0');
    expect(host.acts).toContain('restart bellows-agent.service');
  });

  it("is not touched where the operator's own is used", async () => {
    const text = "BELLOWS_FIRECRACKER='/srv/fc'\nBELLOWS_NETWORK='tap'\n";
    host.files.set(places.environment, { text, mode: 0o600 });
    await run(withIt);
    expect(host.firecracker).toBeUndefined();
    expect(environment()).toContain("BELLOWS_FIRECRACKER='/srv/fc'");
  });

  it('is refused without taps, since it has no other network', async () => {
    expect(await run({ ...withIt, network: 'restricted' })).toEqual({
      ok: false,
      problems: [expect.stringContaining('give --network tap')],
    });
    expect(host.acts).toEqual([]);
  });
});

describe('a second installation', () => {
  it('changes nothing where all is well', async () => {
    await run();
    host.acts = [];
    expect(await run(again)).toEqual({ ok: true, version: '1.0.0', changes: [] });
    expect(host.acts.filter((what) => !/write .*install.json|^enable/.test(what))).toEqual([]);
  });

  it('keeps what it is not asked to change, and what the operator wrote', async () => {
    await run({ ...first, labels: 'gpu' });
    host.files.set(places.environment, { text: `${environment()}BELLOWS_HOST_CPUS='4'\n`, mode: 0o600 });
    await run({ ...again, name: 'rack-3' });
    for (const line of ["BELLOWS_HOST_LABELS='gpu'", "BELLOWS_HOST_CPUS='4'", "BELLOWS_HOST_NAME='rack-3'"])
      expect(environment()).toContain(line);
  });

  it('opens no network that an earlier one had closed', async () => {
    await run({ ...first, network: 'restricted' });
    await run(again);
    expect(environment()).toContain("BELLOWS_NETWORK='restricted'");
    host = fakeHost();
    host.files.set(places.environment, { text: `BELLOWS_URL='${url}'\n`, mode: 0o600 });
    await run(first);
    expect(environment()).not.toContain('BELLOWS_NETWORK');
  });

  it('upgrades: the new version beside the old, then a restart', async () => {
    await run();
    host.archive = { version: '1.1.0', arch: 'x64' };
    host.acts = [];
    expect(await run(again)).toMatchObject({ ok: true, version: '1.1.0' });
    expect(host.versions).toEqual(['1.0.0', '1.1.0']);
    expect(host.links.get('/opt/bellows/current')).toBe('1.1.0');
    expect(host.acts).toContain('restart bellows-agent.service');
    host.archive = { version: '1.2.0', arch: 'x64' };
    await run(again);
    expect(host.versions).toEqual(['1.1.0', '1.2.0']);
  });

  it.each(['version', 'write /etc/systemd', 'link', 'enable --quiet'])(
    'restarts what an upgrade that was cut short at "%s" left running',
    async (place) => {
      await run();
      host.archive = { version: '1.1.0', arch: 'x64' };
      host.files.set('/etc/systemd/system/bellows-agent.service', { text: 'old', mode: 0o644 });
      host.failAt = place;
      await expect(run(again)).rejects.toThrow(/cut short|does not come up/);
      host.failAt = undefined;
      host.acts = [];
      expect(await run(again)).toMatchObject({ ok: true, version: '1.1.0' });
      expect(host.acts).toContain('restart bellows-agent.service');
    },
  );

  it.each([
    'packages',
    'mkfs',
    'version',
    'write /etc/systemd',
    'enable --now var-lib',
    'link',
    'enrol',
    'enable --quiet',
    'restart',
  ])('finishes what was cut short at "%s"', async (place) => {
    host.disks.set('/dev/vdb', emptyDisk('/dev/vdb'));
    host.failAt = place;
    await expect(run({ ...first, disk: '/dev/vdb' })).rejects.toThrow(/cut short|does not come up/);
    host.failAt = undefined;
    expect(await run({ ...first, disk: '/dev/vdb' })).toMatchObject({ ok: true });
    expect(host.said).toContain('An earlier run was cut short: this one finishes it.');
    expect(host.acts.filter((what) => what.startsWith('mkfs'))).toHaveLength(1);
    expect(host.running).toContain('bellows-agent.service');
    expect(JSON.parse(host.files.get(places.record)?.text ?? '').packages).toEqual([
      'nftables',
      'qemu-system-x86',
      'quota',
    ]);
  });
});

describe('a disk', () => {
  it('gets a file system, which is mounted by its UUID with quotas', async () => {
    host.disks.set('/dev/vdb', emptyDisk('/dev/vdb'));
    await run({ ...first, disk: '/dev/vdb' });
    const mount = host.files.get('/etc/systemd/system/var-lib-bellows.mount')?.text;
    expect(mount).toContain(`What=/dev/disk/by-uuid/${host.disks.get('/dev/vdb')?.uuid}`);
    expect(mount).toContain('Options=noatime,usrquota');
  });

  it('of ours is kept, named or not', async () => {
    host.disks.set('/dev/vdb', emptyDisk('/dev/vdb'));
    await run({ ...first, disk: '/dev/vdb' });
    host.mounted = true;
    expect(await run({ ...again, disk: '/dev/vdb' })).toMatchObject({ ok: true, changes: [] });
    expect(await run(again)).toMatchObject({ ok: true, changes: [] });
  });

  it.each([
    [
      'holds data',
      { contents: ['ext4 "photos"'] },
      'is not empty: ext4 "photos". With --force all of it is lost',
    ],
    [
      'is mounted',
      { mountedAt: ['/home'], contents: ['ext4'] },
      'is in use (/home), which --force does not change',
    ],
    ['cannot be written', { readOnly: true }, 'cannot be written to'],
    ['is too small', { bytes: 1e9 }, 'has 1000 MB; 2 GiB is the least'],
  ])('that %s is refused, and left alone', async (_, facts, words) => {
    host.disks.set('/dev/vdb', { ...emptyDisk('/dev/vdb'), ...facts });
    expect(await run({ ...first, disk: '/dev/vdb' })).toEqual({ ok: false, problems: [`/dev/vdb ${words}`] });
    expect(host.acts).toEqual([]);
  });

  it('with data is taken by force, one in use never', async () => {
    host.disks.set('/dev/vdb', { ...emptyDisk('/dev/vdb'), contents: ['ext4 "photos"'] });
    host.disks.set('/dev/vda', { ...emptyDisk('/dev/vda'), contents: ['ext4'], mountedAt: ['/'] });
    expect(await run({ ...first, disk: '/dev/vda', force: true })).toMatchObject({ ok: false });
    expect(await run({ ...first, disk: '/dev/vdb', force: true })).toMatchObject({ ok: true });
  });

  it('is not mounted over the state of an agent that has none', async () => {
    await run();
    host.disks.set('/dev/vdb', emptyDisk('/dev/vdb'));
    expect(await run({ ...again, disk: '/dev/vdb' })).toMatchObject({
      ok: false,
      problems: [expect.stringContaining("where an agent's state lies already")],
    });
  });
});

describe('taking it away', () => {
  const takeAway = (force = false) => uninstall({ force }, depsOf(host));

  it('leaves nothing, an empty disk, and names the packages that stay', async () => {
    host.disks.set('/dev/vdb', emptyDisk('/dev/vdb'));
    await run({ ...first, disk: '/dev/vdb' });
    const outcome = await takeAway();
    expect(outcome).toMatchObject({
      ok: true,
      kept: expect.arrayContaining([expect.stringContaining('nftables qemu-system-x86')]),
    });
    expect([host.files, host.links, host.folders, host.running]).toEqual([
      new Map(),
      new Map(),
      new Set(),
      new Set(),
    ]);
    expect(host.disks.get('/dev/vdb')).toEqual(emptyDisk('/dev/vdb'));
  });

  it('is refused while VMs run, unless it is forced', async () => {
    await run();
    host.vms = ['vm-a', 'vm-b'];
    expect(await takeAway()).toEqual({
      ok: false,
      problems: [expect.stringContaining('2 VMs run here (vm-a, vm-b)')],
    });
    expect(host.running).toContain('bellows-agent.service');
    expect(await takeAway(true)).toMatchObject({ ok: true });
    expect(host.acts).toContain('kill VMs');
  });

  it('of what is not there is no error, and needs root', async () => {
    expect(await takeAway()).toMatchObject({ ok: true });
    host.facts = { ...host.facts, isRoot: false };
    expect(await takeAway()).toMatchObject({ ok: false });
  });
});
