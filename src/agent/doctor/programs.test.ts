import { describe, expect, it } from 'vitest';
import { examined } from './planted-host.fixture.ts';
import { firecracker, qemu, systemTools } from './programs.ts';

describe('QEMU', () => {
  it.each([
    [{ out: 'QEMU emulator version 10.0.2 (Debian 1:10.0.2)\nCopyright' }, 'ok', 'version 10.0'],
    [{ out: 'QEMU emulator version 5.2.0' }, 'ok', 'version 5.2'],
    [{ out: 'QEMU emulator version 5.1.0' }, 'failure', 'version 5.1, needed is 5.2'],
    [{ code: 127, err: 'error while loading shared libraries\n' }, 'failure', 'ends with 127: error while'],
  ])('that says %j is %s', async (output, severity, found) => {
    const programs = { 'qemu-system-x86_64': output };
    expect(await examined(qemu, { programs })).toMatchObject({
      severity,
      found: expect.stringContaining(found),
    });
  });

  it('is needed', async () => {
    expect(await examined(qemu, {})).toMatchObject({
      severity: 'failure',
      found: 'qemu-system-x86_64 is missing',
    });
  });
});

describe('Firecracker', () => {
  const look = (vmm: string, jailer: string) =>
    examined(firecracker, { programs: { firecracker: { out: vmm }, jailer: { out: jailer } } });

  it('comes with the jailer of its own release', async () => {
    expect(await look('Firecracker v1.16.1\n', 'Jailer v1.16.1\n')).toMatchObject({
      severity: 'ok',
      found: 'v1.16.1',
    });
    expect(await look('Firecracker v1.16.1\n', 'Jailer v1.15.0\n')).toMatchObject({
      severity: 'failure',
      found: 'firecracker v1.16.1, jailer v1.15.0',
    });
    expect(await look('Firecracker v1.17.0-dev\n', 'Jailer v1.17.0-dev\n')).toMatchObject({
      severity: 'failure',
    });
  });

  it('is needed, with its jailer', async () => {
    expect(await examined(firecracker, {})).toMatchObject({ found: 'firecracker is missing' });
    const alone = { firecracker: { out: 'Firecracker v1.16.1' } };
    expect(await examined(firecracker, { programs: alone })).toMatchObject({ found: 'jailer is missing' });
    const broken = { ...alone, jailer: { code: 1, err: 'no\n' } };
    expect(await examined(firecracker, { programs: broken })).toMatchObject({
      found: 'jailer --version ends with 1: no',
    });
  });
});

describe("the system's programs", () => {
  const common = { mke2fs: {}, cp: {}, timeout: {} };

  it('are those that the network needs', async () => {
    const tap = { ...common, ip: {}, nft: {} };
    expect(await examined(systemTools, { programs: tap })).toMatchObject({ severity: 'ok' });
    expect(await examined(systemTools, { programs: tap }, { network: 'open' })).toMatchObject({
      severity: 'failure',
      found: 'missing: busybox',
      mend: 'sudo apt-get install busybox',
    });
    expect(await examined(systemTools, { programs: common })).toMatchObject({
      severity: 'failure',
      mend: 'sudo apt-get install iproute2 nftables',
    });
  });
});
