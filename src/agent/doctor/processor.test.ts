import { describe, expect, it } from 'vitest';
import { examined, type Planted, plan } from './planted-host.fixture.ts';
import {
  architecture,
  bareMetal,
  counterOffset,
  governor,
  kvm,
  microcode,
  nestedPages,
  otherHypervisors,
  processorChecks,
  smt,
  speculativeStores,
  vulnerabilities,
} from './processor.ts';

const files = (planted: Planted['files'] = {}): Planted => ({ files: planted });
const folder = '/sys/devices/system/cpu/vulnerabilities';
const bare = 'processor\t: 0\nflags\t\t: fpu vmx\nmicrocode\t: 0xf4\n';
const guest = 'processor\t: 0\nflags\t\t: fpu hypervisor\nmicrocode\t: 0x1\n';

describe('the processor', () => {
  it.each([
    ['x86_64\n', 'ok'],
    ['aarch64\n', 'ok'],
    ['riscv64\n', 'failure'],
  ])('of kind %j is %s', async (out, severity) => {
    const programs = { 'uname -m': { out } };
    expect(await examined(architecture, { programs })).toMatchObject({ severity, found: out.trim() });
  });

  it('runs guests under KVM only when one came up', async () => {
    const alive = { guests: 'run', reason: 'a guest came up under KVM in 312 ms' } as const;
    expect(await examined(kvm, { kvm: alive })).toMatchObject({ severity: 'ok', found: alive.reason });
    const hangs = {
      guests: 'fail',
      reason: '/dev/kvm is there, but guests fail under it: q35 hangs',
    } as const;
    expect(await examined(kvm, { kvm: hangs })).toMatchObject({
      severity: 'failure',
      found: `KVM cannot run a guest here: ${hangs.reason}`,
      means: expect.stringContaining('software emulation, about ten times slower'),
    });
    const untried = { guests: 'untried', reason: 'there is no image', mend: 'bellows image build' } as const;
    expect(await examined(kvm, { kvm: untried })).toMatchObject({ severity: 'skipped', mend: untried.mend });
  });

  it.each([
    ['kvm_intel 1 0 - Live 0x0\n', 'ok'],
    ['vboxdrv 561152 2 - Live 0x0\nkvm 1 0\n', 'warning'],
    ['vmmon 1 0\n', 'warning'],
  ])('is not shared with another hypervisor: %j is %s', async (modules, severity) => {
    expect(await examined(otherHypervisors, files({ '/proc/modules': modules }))).toMatchObject({ severity });
  });

  it('is told from that of a virtual machine', async () => {
    expect(await examined(bareMetal, files({ '/proc/cpuinfo': bare }))).toMatchObject({ severity: 'ok' });
    expect(await examined(bareMetal, files({ '/proc/cpuinfo': guest }))).toMatchObject({
      severity: 'warning',
    });
  });

  it.each([
    ['kvm_intel/parameters/ept', 'Y', 'ok'],
    ['kvm_intel/parameters/ept', 'N', 'warning'],
    ['kvm_amd/parameters/npt', '1', 'ok'],
    ['kvm_amd/parameters/npt', '0', 'warning'],
    ['other', '', 'skipped'],
  ])('translates the memory of guests: %s=%s is %s', async (path, value, severity) => {
    expect(await examined(nestedPages, files({ [`/sys/module/${path}`]: `${value}\n` }))).toMatchObject({
      severity,
    });
  });

  it('does not run two VMs on one core', async () => {
    const path = '/sys/devices/system/cpu/smt/active';
    expect(await examined(smt, files({ [path]: '0\n' }))).toMatchObject({ severity: 'ok', mend: '' });
    expect(await examined(smt, files({ [path]: '1\n' }))).toMatchObject({
      severity: 'warning',
      mend: expect.stringContaining('smt/control'),
    });
    expect(await examined(smt, {})).toMatchObject({ severity: 'skipped' });
  });

  it.each([
    ['Not affected', 'ok'],
    ['Mitigation: Clear CPU buffers; SMT vulnerable', 'ok'],
    ['Vulnerable', 'warning'],
    ['KVM: Vulnerable', 'warning'],
    ['Mitigation: PTE Inversion; VMX: vulnerable', 'warning'],
  ])('that says %j of an attack gets %s', async (state, severity) => {
    const finding = await examined(vulnerabilities, files({ [`${folder}/mds`]: `${state}\n` }));
    expect(finding).toMatchObject({ severity });
    if (severity === 'warning') expect(finding.found).toBe('vulnerable to mds');
  });

  it('has a microcode of which a new kernel knows whether it is old', async () => {
    const old = (text: string) => files({ '/proc/cpuinfo': bare, [`${folder}/old_microcode`]: text });
    expect(await examined(microcode, old('Not affected\n'))).toMatchObject({
      severity: 'ok',
      found: 'revision 0xf4',
    });
    expect(await examined(microcode, old('Vulnerable\n'))).toMatchObject({ severity: 'warning' });
    expect(await examined(microcode, files({ '/proc/cpuinfo': bare }))).toMatchObject({
      severity: 'skipped',
    });
    expect(await examined(microcode, files({ '/proc/cpuinfo': guest }))).toMatchObject({
      severity: 'skipped',
    });
  });

  it('holds back speculative stores, on ARM', async () => {
    const status = (state: string) =>
      files({ '/proc/self/status': `Name:\tx\nSpeculation_Store_Bypass:\t${state}\n` });
    expect(await examined(speculativeStores, status('thread force mitigated'))).toMatchObject({
      severity: 'ok',
    });
    expect(await examined(speculativeStores, status('not vulnerable'))).toMatchObject({ severity: 'ok' });
    expect(await examined(speculativeStores, status('thread vulnerable'))).toMatchObject({
      severity: 'warning',
    });
    expect(await examined(speculativeStores, files({ '/proc/self/status': 'Name:\tx\n' }))).toMatchObject({
      severity: 'skipped',
    });
  });

  it.each([
    ['6.8.0-31-generic', 'ok'],
    ['6.1.0-18-cloud-arm64', 'warning'],
  ])('gives guests a counter of their own on kernel %s: %s', async (release, severity) => {
    expect(await examined(counterOffset, files({ '/proc/sys/kernel/osrelease': release }))).toMatchObject({
      severity,
    });
  });

  it('runs at full clock', async () => {
    const path = '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor';
    expect(await examined(governor, files({ [path]: 'performance\n' }))).toMatchObject({ severity: 'ok' });
    expect(await examined(governor, files({ [path]: 'powersave\n' }))).toMatchObject({ severity: 'warning' });
    expect(await examined(governor, {})).toMatchObject({ severity: 'skipped' });
  });

  it('is asked only for what it can have', () => {
    const ids = (arch: 'x64' | 'arm64') =>
      processorChecks.filter((check) => check.applies({ ...plan, arch })).map(({ id }) => id);
    expect(ids('x64')).not.toContain('counter-offset');
    expect(ids('arm64')).not.toContain('smt');
  });
});
