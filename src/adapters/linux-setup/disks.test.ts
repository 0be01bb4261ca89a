import { describe, expect, it } from 'vitest';
import { blockIn, diskFacts } from './disks.ts';
import type { RunProgram } from './run-program.ts';

// As lsblk of util-linux 2.38 prints it.
const partitioned = JSON.stringify({
  blockdevices: [
    {
      ...{
        path: '/dev/sda',
        type: 'disk',
        size: 500107862016,
        ro: false,
        fstype: null,
        label: null,
        mountpoints: [null],
      },
      children: [
        {
          path: '/dev/sda1',
          type: 'part',
          size: 1e9,
          ro: false,
          fstype: 'vfat',
          label: null,
          mountpoints: ['/boot/efi'],
        },
        {
          ...{
            path: '/dev/sda2',
            type: 'part',
            size: 4e11,
            ro: false,
            fstype: 'LVM2_member',
            mountpoints: [null],
          },
          children: [
            {
              path: '/dev/mapper/vg-swap',
              type: 'lvm',
              size: 1e9,
              ro: false,
              fstype: 'swap',
              mountpoints: ['[SWAP]'],
            },
          ],
        },
      ],
    },
  ],
});

describe('a disk', () => {
  it('is read with all that lies below it', () => {
    expect(blockIn(partitioned)).toMatchObject({ path: '/dev/sda', size: 500107862016, readOnly: false });
    expect(blockIn(partitioned)?.children.map(({ path }) => path)).toEqual([
      '/dev/sda1',
      '/dev/sda2',
      '/dev/mapper/vg-swap',
    ]);
    expect(blockIn('{"blockdevices": []}')).toBeUndefined();
  });

  it('is in use when anything on it is, and its contents are named', async () => {
    const words: Record<string, string> = { lsblk: partitioned, wipefs: 'gpt\nPMBR\n', blkid: '' };
    const run: RunProgram = async (program) => words[program] ?? '';
    expect(await diskFacts('/dev/sda', run)).toEqual({
      device: '/dev/sda',
      bytes: 500107862016,
      readOnly: false,
      mountedAt: ['/boot/efi', '[SWAP]'],
      contents: [
        'gpt',
        'PMBR',
        'part /dev/sda1 (vfat)',
        'part /dev/sda2 (LVM2_member)',
        'lvm /dev/mapper/vg-swap (swap)',
      ],
      uuid: undefined,
    });
  });

  it('that nobody knows is none', async () => {
    const run: RunProgram = () => Promise.reject(new Error('not a block device'));
    expect(await diskFacts('/dev/none', run)).toBeUndefined();
  });
});
