import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identity } from '../domain.fixture.ts';
import { labelSet } from './label-set.ts';
import { defaultLabelPolicy } from './parse-label.ts';
import { serviceOf } from './service.ts';

const { repository } = identity();
const service = (...raw: string[]) => serviceOf(labelSet(raw), defaultLabelPolicy, repository);
const shape = (...raw: string[]) => {
  const found = service(...raw);
  return found.kind === 'ours' ? found.shape : found;
};
const reason = (...raw: string[]): string => {
  const found = service(...raw);
  return found.kind === 'refused' ? found.reason : `not refused: ${found.kind}`;
};

describe('a job that asks for one of our sizes', () => {
  it('gets a VM of that shape', () => {
    expect(service('bellows-2cpu-4gb')).toEqual({
      kind: 'ours',
      shape: { milliCpus: 2000, memoryMib: 4096, diskGib: 20, arch: 'x64', burstable: false, hostLabels: [] },
    });
  });

  it('gets the disk and the architecture that it names', () => {
    expect(shape('bellows-any-2cpu-4gb-50gb-disk-burstable')).toMatchObject({
      diskGib: 50,
      arch: 'any',
      burstable: true,
    });
  });

  it('asks the host for its further labels, but not for what is true of every VM', () => {
    expect(shape('self-hosted', 'Linux', 'bellows-2cpu-4gb', 'gpu', 'A100')).toMatchObject({
      hostLabels: ['a100', 'gpu'],
    });
  });

  it.each([
    [['bellows-2cpu-4gb', 'arm64'], 'arm64'],
    [['bellows-2cpu-4gb', 'x64'], 'x64'],
    [['bellows-any-2cpu-4gb', 'arm64'], 'arm64'],
    [['bellows-arm64-2cpu-4gb', 'arm64'], 'arm64'],
    [['bellows-arm64-2cpu-4gb'], 'arm64'],
    [['bellows-any-2cpu-4gb'], 'any'],
  ])('has its architecture narrowed by a plain label: %j is %s', (raw, arch) => {
    expect(shape(...raw)).toMatchObject({ arch, hostLabels: [] });
  });

  test.prop([
    fc.shuffledSubarray(['self-hosted', 'linux', 'x64', 'gpu', 'bellows-2cpu-4gb'], { minLength: 5 }),
  ])('is served alike whatever the order of its labels', (raw) => {
    expect(service(...raw)).toEqual(service('bellows-2cpu-4gb', 'gpu', 'linux', 'self-hosted', 'x64'));
  });
});

describe('a job without our labels', () => {
  it.each([[['ubuntu-latest']], [['self-hosted', 'linux', 'x64']], [['999cpu']], [[]]])(
    'is foreign: %j',
    (raw) => {
      expect(service(...raw)).toEqual({ kind: 'foreign' });
    },
  );

  it('is foreign in a public repository too: nobody there is told about us', () => {
    const open = { ...repository, private: false };
    expect(serviceOf(['ubuntu-latest'], defaultLabelPolicy, open)).toEqual({ kind: 'foreign' });
  });
});

describe('a job that is refused', () => {
  it.each([
    [['bellows-0cpu-1gb'], 'label bellows-0cpu-1gb asks for too few processors; at least 100mcpu'],
    [['bellows-0cpu-1gb', 'bellows-1cpu-1gb'], 'asks for too few processors'],
    [
      ['bellows-1cpu-1gb', 'bellows-2cpu-4gb', 'gpu'],
      'it asks for two sizes: bellows-1cpu-1gb and bellows-2cpu-4gb',
    ],
    [['bellows-1cpu-1gb', 'windows'], 'label windows: Bellows runs Linux'],
    [['bellows-1cpu-1gb', 'macOS'], 'label macos: Bellows runs Linux'],
    [
      ['bellows-1cpu-1gb', 'x64', 'arm64'],
      'it asks for both x64 and arm64; write any- in the size label for either',
    ],
    [['bellows-arm64-1cpu-1gb', 'x64'], 'it asks for arm64 by its size label and for x64 by another'],
    [['bellows-x64-1cpu-1gb', 'arm64'], 'it asks for x64 by its size label and for arm64 by another'],
  ])('is told why: %j', (raw, why) => {
    expect(reason(...raw)).toContain(why);
  });

  it('has more labels than GitHub takes', () => {
    const many = Array.from({ length: 100 }, (_, index) => `l${index}`);
    expect(reason('bellows-1cpu-1gb', ...many)).toBe('it has 101 labels; GitHub takes 100');
    expect(service('bellows-1cpu-1gb', ...many.slice(1)).kind).toBe('ours');
  });

  it('comes from a public repository or a fork, unless the operator serves those', () => {
    const asked = labelSet(['bellows-1cpu-1gb']);
    const open = { ...repository, private: false };
    const fork = { ...repository, fork: true };
    expect(serviceOf(asked, defaultLabelPolicy, open)).toEqual({
      kind: 'refused',
      reason: 'acme/app is public, and this installation does not serve public repositories',
    });
    expect(serviceOf(asked, defaultLabelPolicy, fork)).toEqual({
      kind: 'refused',
      reason: 'acme/app is a fork, and this installation does not serve forks',
    });
    expect(serviceOf(asked, { ...defaultLabelPolicy, servePublic: true }, open).kind).toBe('ours');
    expect(serviceOf(asked, { ...defaultLabelPolicy, serveForks: true }, fork).kind).toBe('ours');
  });
});
