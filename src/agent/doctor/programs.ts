// The programs that the agent starts.

import type { FactSource, ProgramOutput } from '../../ports/host-facts.ts';
import { defineCheck, failure, fine, type Plan } from './check.ts';
import { allOf } from './gather.ts';

/** `microvm` with ACPI came with 5.2. */
const oldestQemu = [5, 2] as const;

export const qemu = defineCheck({
  id: 'qemu',
  group: 'programs',
  title: 'QEMU is there, and new enough',
  means: 'No VM can start.',
  mend: 'sudo apt-get install qemu-system-x86',
  applies: ({ driver }) => driver === 'qemu',
  look: ({ host }, { programs }) => ({ version: host.run(programs.qemu, ['--version']) }),
  judge: ({ version }, { programs }) => {
    if (version === undefined) return failure(`${programs.qemu} is missing`);
    const [, major, minor] = /version (\d+)\.(\d+)/.exec(version.out) ?? [];
    if (version.code !== 0 || major === undefined)
      return failure(`${programs.qemu} --version ends with ${version.code}: ${firstLine(version)}`);
    const isOld =
      Number(major) < oldestQemu[0] || (Number(major) === oldestQemu[0] && Number(minor) < oldestQemu[1]);
    return isOld
      ? failure(`version ${major}.${minor}, needed is ${oldestQemu.join('.')}`)
      : fine(`version ${major}.${minor}`);
  },
});

export const firecracker = defineCheck({
  id: 'firecracker',
  group: 'programs',
  title: 'Firecracker and its jailer are there, of the same release',
  means: 'No VM can start, or it starts without the jail that it was tested with.',
  mend: 'Install both from one archive of the same release: `bellows agent install` does.',
  applies: ({ driver }) => driver === 'firecracker',
  look: ({ host }, { programs }) => ({
    vmm: host.run(programs.firecracker, ['--version']),
    jailer: host.run(programs.jailer, ['--version']),
  }),
  judge: ({ vmm, jailer }, { programs }) => {
    const versions = [
      [programs.firecracker, vmm],
      [programs.jailer, jailer],
    ] as const;
    for (const [program, output] of versions) {
      if (output === undefined) return failure(`${program} is missing`);
      if (output.code !== 0)
        return failure(`${program} --version ends with ${output.code}: ${firstLine(output)}`);
    }
    const [one = '', other = ''] = [vmm, jailer].map(
      (output) => /v?\d+\.\d+\.\d+\S*/.exec(output?.out ?? '')?.[0],
    );
    if (one.replace(/^v/, '') !== other.replace(/^v/, ''))
      return failure(`firecracker ${one}, jailer ${other}`);
    // Builds for developers install no filters of system calls (Firecracker, "Seccomp").
    return /debug|dirty|dev/.test(one)
      ? failure(`${one} is a build for developers, without filters`)
      : fine(one);
  },
});

interface Tool {
  name: string;
  args: readonly string[];
  debian: string;
  on(plan: Plan): boolean;
}

const tools: readonly Tool[] = [
  { name: 'mke2fs', args: ['-V'], debian: 'e2fsprogs', on: () => true },
  { name: 'cp', args: ['--version'], debian: 'coreutils', on: () => true },
  { name: 'timeout', args: ['--version'], debian: 'coreutils', on: () => true },
  { name: 'busybox', args: ['true'], debian: 'busybox', on: ({ network }) => network !== 'tap' },
  { name: 'ip', args: ['-V'], debian: 'iproute2', on: ({ network }) => network === 'tap' },
  { name: 'nft', args: ['--version'], debian: 'nftables', on: ({ network }) => network === 'tap' },
];

export const systemTools = defineCheck({
  id: 'system-tools',
  group: 'programs',
  title: 'The programs of the system are there',
  means: 'Disks or networks of VMs cannot be made.',
  mend: 'Install what is missing with apt-get.',
  look: ({ host }, plan) => ({ ran: ranTools(host, plan) }),
  judge: ({ ran = {} }, plan) => {
    const needed = tools.filter(({ on }) => on(plan));
    const missing = needed.filter(({ name }) => ran[name] === undefined);
    if (missing.length === 0) return fine(needed.map(({ name }) => name).join(', '));
    const packages = [...new Set(missing.map(({ debian }) => debian))].join(' ');
    return failure(`missing: ${missing.map(({ name }) => name).join(', ')}`, {
      mend: `sudo apt-get install ${packages}`,
    });
  },
});

const ranTools = (host: FactSource, plan: Plan) =>
  allOf(
    Object.fromEntries(
      tools.filter(({ on }) => on(plan)).map(({ name, args }) => [name, host.run(name, args)]),
    ),
  );

const firstLine = ({ out, err }: ProgramOutput): string => `${err}${out}`.trim().split('\n')[0] ?? '';

export const programChecks = [qemu, firecracker, systemTools];
