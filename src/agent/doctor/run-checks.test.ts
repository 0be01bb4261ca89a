import { describe, expect, it } from 'vitest';
import { groups } from './check.ts';
import { plan, sourcesOf } from './planted-host.fixture.ts';
import { allChecks, runChecks } from './run-checks.ts';

describe('the checks', () => {
  it('have names of their own, and tell what they mean and what mends it', () => {
    const ids = allChecks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(allChecks.filter(({ means, mend }) => means === '' || mend === '')).toEqual([]);
  });

  it('come in the order of their groups', () => {
    const order = allChecks.map(({ group }) => groups.indexOf(group));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('that apply are made, each once', async () => {
    const qemu = { ...plan, driver: 'qemu', network: 'restricted' } as const;
    const findings = await runChecks(sourcesOf({}), qemu);
    expect(findings.map(({ id }) => id)).toEqual(
      allChecks.filter((check) => check.applies(qemu)).map(({ id }) => id),
    );
    expect(findings.map(({ id }) => id)).not.toContain('firecracker');
  });

  it('of a host that hides everything are skipped, and none is well', async () => {
    const hides = { kind: 'hidden', why: 'no permission for it' } as const;
    const { host, ...others } = sourcesOf({ userId: 1000 });
    const mute = async () => hides;
    const blind = {
      ...host,
      text: mute,
      names: mute,
      mark: mute,
      realPath: mute,
      opens: mute,
      run: mute,
      room: mute,
      writeSpeed: mute,
    };
    const findings = await runChecks({ ...others, host: blind }, { ...plan, network: 'restricted' });
    const well = findings.filter(({ severity }) => severity === 'ok').map(({ id }) => id);
    expect(well).toEqual([]);
    expect(findings.find(({ id }) => id === 'smt')).toMatchObject({
      severity: 'skipped',
      found: 'cannot be seen: no permission for it',
      mend: 'Run the doctor as root: sudo bellows doctor',
    });
  });
});
