import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseEnvironment, printEnvironment } from './environment.ts';
import { currentLink, launcher, vmsControlGroup } from './places.ts';
import { unitFiles, units } from './unit-files.ts';

describe('the settings of the service', () => {
  const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
  const value = fc.stringMatching(/^[ -~]{0,12}$/).filter((text) => !/['"\\]/.test(text));

  test.prop([fc.dictionary(name, value)])('are read as they were written', (settings) => {
    const map = new Map(Object.entries(settings));
    expect(parseEnvironment(printEnvironment(map))).toEqual(map);
  });

  it('are read with other quotes, without any, and past remarks', () => {
    const text = '# a remark\nA=1\nB="two words"\n  C=\'x=y\'  \n\nnot a line\n';
    expect([...parseEnvironment(text)]).toEqual([
      ['A', '1'],
      ['B', 'two words'],
      ['C', 'x=y'],
    ]);
  });

  it.each(["it's", 'a\nB=1', 'a\\'])(
    'are refused where systemd and a shell would read them otherwise: %j',
    (text) => {
      expect(() => printEnvironment(new Map([['A', text]]))).toThrow('A: quotes');
    },
  );
});

describe('the unit files', () => {
  const all = new Map(unitFiles({ uuid: 'u-1', quotas: false }).map(({ path, text }) => [path, text]));
  const agent = all.get(`/etc/systemd/system/${units.agent}`) ?? '';

  it('are those that uninstall knows', () => {
    expect([...all.keys()].map((path) => path.split('/').at(-1)).sort()).toEqual(Object.values(units).sort());
    expect(unitFiles(undefined)).toHaveLength(all.size - 1);
  });

  it('let VMs live on without their agent, in the control group that it is told of', () => {
    expect(agent).toMatch(/^KillMode=process$/m);
    expect(vmsControlGroup).toBe(`${units.slice}/${units.vms}`);
    expect(all.get(`/etc/systemd/system/${units.vms}`)).toMatch(/^Delegate=yes$/m);
  });

  it('start what the link leads to, with no secret among its arguments', () => {
    expect(agent).toContain(`ExecStart=${currentLink}/${launcher} agent\n`);
  });

  it("start an operator's registry mirror with the agent, where there is one, and never wait for it", () => {
    expect(agent).toMatch(/^Wants=.* bellows-mirror\.service$/m);
    expect(agent).not.toMatch(/^(After|Requires)=.*mirror/m);
  });

  it('do not start the agent on the empty folder of a disk that is missing', () => {
    expect(agent).toContain('RequiresMountsFor=/var/lib/bellows');
  });
});
