import { describe, expect, it } from 'vitest';
import { examined, type Planted, plan } from './planted-host.fixture.ts';
import {
  diskQuotas,
  diskSpace,
  diskSpeed,
  images,
  inodes,
  jailMount,
  ownership,
  userPool,
} from './storage.ts';

const gib = 1024 ** 3;

describe('the disk', () => {
  it.each([
    [100 * gib, 'ok', '100.0 GiB free'],
    [15 * gib, 'warning', '15.0 GiB free'],
    [gib, 'failure', '1.0 GiB free'],
  ])('with %i bytes free is %s', async (freeBytes, severity, found) => {
    expect(await examined(diskSpace, { room: { freeBytes } })).toMatchObject({
      severity,
      found: expect.stringContaining(found),
    });
    expect(await examined(diskSpace, {})).toMatchObject({ severity: 'skipped' });
  });

  it.each([
    [{ freeInodes: 500_000, inodes: 1_000_000 }, 'ok'],
    [{ freeInodes: 20_000, inodes: 1_000_000 }, 'warning'],
    [{ freeInodes: 12, inodes: 1_000_000 }, 'failure'],
    [{ freeInodes: 0, inodes: 0 }, 'ok'],
  ])('with inodes %j is %s', async (room, severity) => {
    expect(await examined(inodes, { room })).toMatchObject({ severity });
  });

  it.each([
    [500, 5, 'ok'],
    [20, 5, 'warning'],
    [500, 900, 'warning'],
  ])('that writes %i MiB/s and syncs in %i ms is %s', async (mib, worstSyncMs, severity) => {
    const speed = { bytesPerSecond: mib * 1024 ** 2, worstSyncMs };
    expect(await examined(diskSpeed, { speed })).toMatchObject({ severity });
    expect(await examined(diskSpeed, {})).toMatchObject({ severity: 'skipped' });
  });
});

describe('the folders of the agent', () => {
  const marks = {
    '/': {},
    '/var': {},
    '/var/lib': {},
    '/var/lib/bellows': { mode: 0o700 },
    '/var/cache': {},
  };
  const look = (changed: Planted['marks'], userId = 0) =>
    examined(ownership, { marks: { ...marks, ...changed }, userId });

  it('belong to root or to the agent, all the way up', async () => {
    expect(await look({})).toMatchObject({ severity: 'ok' });
    expect(await look({ '/var/lib/bellows': { uid: 1000, mode: 0o700 } }, 1000)).toMatchObject({
      severity: 'ok',
    });
    expect(await look({ '/var/lib/bellows': { uid: 1000 } })).toMatchObject({
      severity: 'failure',
      found: '/var/lib/bellows (belongs to user 1000)',
    });
    expect(await look({ '/var': { mode: 0o777 } })).toMatchObject({
      severity: 'failure',
      found: '/var (mode 777)',
    });
    expect(await look({ '/var/cache': { mode: 0o775 } })).toMatchObject({ severity: 'failure' });
  });

  it('may lie below a folder where nobody can exchange what belongs to others', async () => {
    expect(await look({ '/var': { mode: 0o1777 } })).toMatchObject({ severity: 'ok' });
  });

  it.each([
    ['rw,relatime', 'ok'],
    ['rw,nodev,noexec', 'failure'],
  ])('can hold a jail on a mount with %s: %s', async (options, severity) => {
    const mountinfo = `1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 8:2 / /var/lib ${options} - ext4 /dev/sdb rw\n`;
    const files = { '/proc/self/mountinfo': mountinfo };
    expect(await examined(jailMount, { files })).toMatchObject({
      severity,
      found: expect.stringContaining('/var/lib'),
    });
    expect(jailMount.applies({ ...plan, driver: 'qemu' })).toBe(false);
  });
});

describe('quotas of the disk', () => {
  const look = (options: string, programs = {}) => {
    const mountinfo = `1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 8:2 / /var/lib rw - ext4 /dev/sdb ${options}\n`;
    return examined(diskQuotas, { files: { '/proc/self/mountinfo': mountinfo }, programs });
  };
  const programs = { setquota: { code: 0 } };

  it('are for users, and there is what sets them', async () => {
    expect(await look('rw,quota,usrquota', programs)).toMatchObject({
      severity: 'ok',
      found: '/var/lib has quotas for users',
    });
    expect(await look('rw,usrquota')).toMatchObject({
      severity: 'failure',
      mend: 'sudo apt-get install quota',
    });
    for (const without of ['rw', 'rw,prjquota'])
      expect(await look(without, programs)).toMatchObject({
        severity: 'warning',
        mend: expect.stringContaining('--disk'),
      });
    expect(diskQuotas.applies({ ...plan, network: 'restricted' })).toBe(false);
  });
});

describe('the users of VMMs', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n';
  const look = (files: Record<string, string>, users: typeof plan.users = { first: 900_000, count: 100 }) =>
    examined(userPool, { files: { '/etc/passwd': passwd, ...files } }, { users });

  it('are theirs alone', async () => {
    expect(await look({ '/etc/subuid': 'alice:100000:65536\n' })).toMatchObject({
      severity: 'ok',
      found: '900000 to 900099',
    });
    expect(await look({ '/etc/subuid': 'alice:850000:65536\n' })).toMatchObject({
      severity: 'failure',
      found: '900000 to 900099: also used by alice (subuid)',
    });
    expect(await look({ '/etc/group': 'ci:x:900099:\n' })).toMatchObject({ severity: 'failure' });
    expect(await look({}, { first: 0, count: 100 })).toMatchObject({ severity: 'failure' });
  });

  it('are enough', async () => {
    expect(await look({}, { first: 900_000, count: 9 })).toMatchObject({ severity: 'warning' });
    expect(await examined(userPool, {}, { users: undefined })).toMatchObject({ severity: 'failure' });
  });
});

describe('images', () => {
  it('are whole', async () => {
    expect(await examined(images, { images: { a: undefined, b: undefined } })).toMatchObject({
      severity: 'ok',
      found: '2 verified against their digests',
    });
  });

  it('are named when one is damaged or cannot be read', async () => {
    const problem = 'image sha256:b is damaged: root.erofs has changed';
    expect(await examined(images, { images: { a: undefined, b: problem } })).toMatchObject({
      severity: 'failure',
      found: problem,
      mend: 'Build it again: bellows image build',
    });
  });

  it('are needed', async () => {
    expect(await examined(images, {})).toMatchObject({ severity: 'failure', mend: 'bellows image build' });
  });
});
