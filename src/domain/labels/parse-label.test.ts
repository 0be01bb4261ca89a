import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SizeLabel } from './parse-label.ts';
import { defaultLabelPolicy, formatLabel, parseLabel } from './parse-label.ts';

const policy = { ...defaultLabelPolicy, prefixes: ['bellows-', 'actuated-'] };
const parsed = (label: string) => parseLabel(label, policy);
const size = (label: string): Partial<SizeLabel> => {
  const found = parsed(label);
  expect(found.kind).toBe('size');
  return found.kind === 'size' ? found.size : {};
};
const reason = (label: string): string => {
  const found = parsed(label);
  return found.kind === 'refused' ? found.reason : `not refused: ${found.kind}`;
};

describe('a size label', () => {
  it('asks for processors and memory', () => {
    expect(size('bellows-2cpu-4gb')).toEqual({
      arch: undefined,
      milliCpus: 2000,
      memoryMib: 4096,
      diskGib: undefined,
      burstable: false,
    });
  });

  it.each([
    ['bellows-x64-1cpu-1gb', 'x64'],
    ['bellows-arm64-1cpu-1gb', 'arm64'],
    ['bellows-any-1cpu-1gb', 'any'],
  ])('names an architecture: %s', (label, arch) => {
    expect(size(label).arch).toBe(arch);
  });

  it.each([
    ['bellows-0.25cpu-1gb', 250],
    ['bellows-250mcpu-1gb', 250],
    ['bellows-1.5cpu-1gb', 1500],
    ['bellows-0.125cpu-1gb', 125],
    ['bellows-1.2500cpu-1gb', 1250],
    ['bellows-64cpu-1gb', 64_000],
    ['bellows-0.1cpu-1gb', 100],
  ])('counts processors in thousandths: %s is %d', (label, milliCpus) => {
    expect(size(label).milliCpus).toBe(milliCpus);
  });

  it.each([
    ['bellows-1cpu-512mb', 512],
    ['bellows-1cpu-0.5gb', 512],
    ['bellows-1cpu-1.5gb', 1536],
    ['bellows-1cpu-256mb', 256],
    ['bellows-1cpu-512gb', 512 * 1024],
  ])('counts memory in MiB: %s is %d', (label, memoryMib) => {
    expect(size(label).memoryMib).toBe(memoryMib);
  });

  it('may ask for a disk and for idle processors', () => {
    expect(size('bellows-arm64-2cpu-4gb-50gb-disk-burstable')).toMatchObject({
      diskGib: 50,
      burstable: true,
    });
    expect(size('bellows-2cpu-4gb-1gb-disk')).toMatchObject({ diskGib: 1, burstable: false });
    expect(size('bellows-2cpu-4gb-1024gb-disk').diskGib).toBe(1024);
    expect(size('bellows-2cpu-4gb-burstable')).toMatchObject({ diskGib: undefined, burstable: true });
  });

  it('may have the prefix of another service', () => {
    expect(size('actuated-any-4cpu-8gb')).toMatchObject({ arch: 'any', milliCpus: 4000 });
  });

  it.each([[['ci-', 'ci-big-']], [['ci-big-', 'ci-']]])('has the longest prefix of %j', (prefixes) => {
    const of = (label: string) => parseLabel(label, { ...policy, prefixes }).kind;
    expect([of('ci-2cpu-4gb'), of('ci-big-2cpu-4gb'), of('ci-small-2cpu-4gb')]).toEqual([
      'size',
      'size',
      'refused',
    ]);
  });

  it('has none of our prefixes, then it is another label', () => {
    expect(parsed('ubuntu-latest')).toEqual({ kind: 'other' });
    expect(parsed('999cpu')).toEqual({ kind: 'other' });
    expect(parsed('my-bellows-2cpu-4gb')).toEqual({ kind: 'other' });
    expect(parseLabel('actuated-4cpu-8gb', defaultLabelPolicy)).toEqual({ kind: 'other' });
  });

  it.each([
    'bellows-2cpu',
    'bellows-4gb',
    'bellows-',
    'bellows-4gb-2cpu',
    'bellows-cpu-4gb',
    'bellows-2cpu-4gb-fast',
    'bellows-2cpu-4gb-burstable-20gb-disk',
    'bellows-2cpu-4gb-20gb',
    'bellows-risc-2cpu-4gb',
    'bellows--2cpu-4gb',
    'bellows-2.cpu-4gb',
    'bellows-2cpu-.5gb',
    'bellows-2cpu-4gb-1.5gb-disk',
    'bellows-2cpu-4gbx',
    'bellows-x2cpu-4gb',
  ])('is refused with an example when it is not understood: %s', (label) => {
    expect(reason(label)).toBe(
      `label ${label} is not understood; write for example bellows-2cpu-4gb or bellows-arm64-2cpu-4gb`,
    );
  });

  it.each([
    ['bellows-0cpu-1gb', 'label bellows-0cpu-1gb asks for too few processors; at least 100mcpu'],
    ['bellows-99mcpu-1gb', 'asks for too few processors; at least 100mcpu'],
    ['bellows-999cpu-1gb', 'asks for too many processors; at most 64cpu'],
    ['bellows-64001mcpu-1gb', 'asks for too many processors; at most 64cpu'],
    ['bellows-0.0001cpu-1gb', 'asks for less than a thousandth of a processor; write mcpu'],
    ['bellows-1.5mcpu-1gb', 'asks for less than a thousandth of a processor; write mcpu'],
    ['bellows-1cpu-0.3gb', 'asks for a broken number of megabytes; write mb'],
    ['bellows-1cpu-0gb', 'asks for too little memory; at least 256mb'],
    ['bellows-1cpu-255mb', 'asks for too little memory; at least 256mb'],
    ['bellows-1cpu-9999gb', 'asks for too much memory; at most 524288mb'],
    ['bellows-1cpu-524289mb', 'asks for too much memory; at most 524288mb'],
    ['bellows-1cpu-1gb-0gb-disk', 'asks for no disk; at least 1gb-disk'],
    ['bellows-1cpu-1gb-1025gb-disk', 'asks for too much disk; at most 1024gb-disk'],
    [`bellows-${'9'.repeat(40)}cpu-1gb`, 'asks for less than a thousandth of a processor'],
  ])('is refused with the limit when it asks for what cannot be: %s', (label, why) => {
    expect(reason(label)).toContain(why);
  });

  const sizes = fc.record({
    arch: fc.constantFrom<SizeLabel['arch'][]>('x64', 'arm64', 'any', undefined),
    milliCpus: fc.integer({ min: 100, max: 64_000 }),
    memoryMib: fc.integer({ min: 256, max: 512 * 1024 }),
    diskGib: fc.option(fc.integer({ min: 1, max: 1024 }), { nil: undefined }),
    burstable: fc.boolean(),
  });

  test.prop([sizes])('says the same after it was written and read again', (wanted) => {
    expect(parsed(formatLabel(wanted, policy))).toEqual({ kind: 'size', size: wanted });
  });

  it('is written in its shortest form', () => {
    const wanted: SizeLabel = { arch: 'any', milliCpus: 2000, memoryMib: 2048, diskGib: 30, burstable: true };
    expect(formatLabel(wanted, policy)).toBe('bellows-any-2cpu-2gb-30gb-disk-burstable');
    expect(
      formatLabel(
        { ...wanted, arch: undefined, milliCpus: 250, memoryMib: 512, diskGib: undefined, burstable: false },
        { ...policy, prefixes: [] },
      ),
    ).toBe('bellows-250mcpu-512mb');
  });

  test.prop([fc.string(), fc.constantFrom('', 'bellows-')])(
    'never throws, whatever is written',
    (text, prefix) => {
      expect(['size', 'refused', 'other']).toContain(parsed(prefix + text).kind);
    },
  );
});
