import { afterEach, describe, expect, test, vi } from 'vitest';
import { allScenarios } from '../../src/sim/scenarios/all-scenarios.ts';
import { runScenario } from './run-scenario.ts';

async function run(name: string, json = false) {
  const [out, err]: [string[], string[]] = [[], []];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  const code = await runScenario(name, { trace: false, json });
  return { code, out: out.join(''), err: err.join('') };
}

afterEach(() => vi.restoreAllMocks());

describe('npm run sim -- --scenario', () => {
  test('tells the story, then how it ended; the last line is one object', async () => {
    const { code, out } = await run('late-assignment', true);
    expect(code).toBe(0);
    expect(out).toContain('VM A: listens');
    expect(out).toContain(
      'late-assignment: it ended as it should; 1 jobs, 1 VMs, 3 webhooks; mended nothing',
    );
    const last: unknown = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ name: 'late-assignment', outcome: 'ok', jobs: 1, vms: 1, webhooks: 3 });
    expect(last).toHaveProperty('repairs.vm-replaced', 0);
  });

  test('lists all with their lessons', async () => {
    const { code, out } = await run('list');
    expect(code).toBe(0);
    for (const { name, about } of allScenarios)
      expect(out).toMatch(new RegExp(`${name} +${about.slice(0, 20)}`));
  });

  test('says which there are when it does not know the name', async () => {
    const { code, err } = await run('flood');
    expect(code).toBe(1);
    expect(err).toContain('there is no scenario flood; there are:');
    expect(err).toContain('  idle-lie');
  });
});
