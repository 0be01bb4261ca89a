import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/sim/clock.ts';
import { SimGithub } from '../../src/sim/github/sim-github.ts';
import { SeededRandom } from '../../src/sim/seeded-random.ts';
import type { Seen } from '../watch.ts';
import { Chaos, type Victims } from './chaos.ts';

const github = (): SimGithub => new SimGithub({ clock: new VirtualClock(), random: new SeededRandom(1) });
const withJobs = (...states: string[]): Seen =>
  ({ jobs: states.map((state) => ({ state })), vms: [] }) as unknown as Seen;

function victims(): Victims & { struck: string[] } {
  const struck: string[] = [];
  return {
    struck,
    crashAgent: async () => void struck.push('agent'),
    restartServer: async () => void struck.push('server'),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the chaos of the demo', () => {
  it('lets the agent die when a job runs, and the control plane when the agent is back', async () => {
    const chaos = new Chaos(1, () => {});
    const both = victims();
    chaos.look(withJobs('queued'), both);
    expect(both.struck).toEqual([]);
    chaos.look(withJobs('running'), both);
    chaos.look(withJobs('running'), both);
    expect(both.struck).toEqual(['agent']);
    await turn();
    for (let look = 0; look < 3; look += 1) {
      chaos.look(withJobs('running'), both);
      await turn();
    }
    expect(both.struck).toEqual(['agent', 'server']);
    expect(chaos.injected).toEqual({ 'agent-killed': 1, 'server-restarted': 1 });
  });

  it('strikes also when no news of a running job came, once the first has ended', () => {
    const chaos = new Chaos(1, () => {});
    const both = victims();
    chaos.look(withJobs('done', 'done'), both);
    expect(both.struck).toEqual([]);
    chaos.look(withJobs('done', 'queued'), both);
    expect(both.struck).toEqual(['agent']);
  });

  it('sees to it that a dozen calls meet every kind of failure', () => {
    const chaos = new Chaos(7, () => {});
    const sim = github();
    chaos.brew(sim);
    const met = Array.from({ length: 12 }, () => sim.world.faults.call('GET /app').kind);
    expect(new Set(met)).toEqual(new Set(['none', 'refused', 'lost-answer', 'timeout']));
    expect(chaos.injected).toEqual({ 'call-failed': 1, 'call-lost-answer': 1, 'call-timeout': 1 });
  });

  it('complains when it did not strike', () => {
    expect(new Chaos(1, () => {}).faults()).toContain('chaos: agent-killed never happened');
  });

  it('hides from nobody that what it struck did not come up again', async () => {
    const chaos = new Chaos(1, () => {});
    const sim = github();
    chaos.look(withJobs('running'), {
      ...victims(),
      crashAgent: () => Promise.reject(new Error('it stays down')),
    });
    await expect(chaos.end(sim)).rejects.toThrow('it stays down');
  });
});
