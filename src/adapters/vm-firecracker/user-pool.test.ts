import { describe, expect, it } from 'vitest';
import { vmId } from '../../domain/ids.ts';
import { UserPool } from './user-pool.ts';

const vm = (name: string) => vmId(`vm-${name}`);
const nobody = async () => new Set<number>();

describe('users for VMs', () => {
  it('are never root', () => {
    expect(() => new UserPool({ first: 0, count: 10 })).toThrow('must not run as root');
    expect(() => new UserPool({ first: 100, count: 0 })).toThrow();
  });

  it('are each given once, whoever asks at the same time', async () => {
    const pool = new UserPool({ first: 500, count: 4 });
    const given = await Promise.all(['a', 'b', 'c'].map((name) => pool.take(vm(name), nobody)));
    expect(given.sort()).toEqual([500, 501, 502]);
  });

  it('that stand on disk are taken, also by VMs of an earlier agent', async () => {
    const pool = new UserPool({ first: 500, count: 2 });
    const disk = new Set([500]);
    expect(await pool.take(vm('a'), async () => disk)).toBe(501);
    await expect(pool.take(vm('b'), async () => disk)).rejects.toThrow('all 2 users for VMs are taken');
    disk.delete(500);
    expect(await pool.take(vm('b'), async () => disk)).toBe(500);
    pool.written(vm('a'));
    expect(await pool.take(vm('c'), async () => disk)).toBe(501);
  });
});
