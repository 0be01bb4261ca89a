// A seed of the swarm that failed once, kept as a scenario: its options as the reproduction printed them, and the lesson. It
// has no story of its own; it must end sound, with everything done and nothing found.

import type { SwarmOptions } from '../swarm/options.ts';
import { runOnMemory } from '../swarm/run-on-memory.ts';
import type { Scenario } from './scenario.ts';
import { Transcript } from './transcript.ts';

export const fromSwarm = (name: string, about: string, options: SwarmOptions): Scenario => ({
  name,
  about,
  async play({ tell, onLine }) {
    tell(`${name}: ${about}`);
    const transcript = new Transcript('wide', tell);
    // What the seed draws must come as it came then: calls that were not made yet are not made.
    const result = await runOnMemory(
      { words: 'off', ...options },
      {
        onLine: (line) => {
          onLine?.(line);
          transcript.read(line);
        },
      },
    );
    transcript.flush();
    const { outcome, findings, error, jobs, vms, webhooks, repairs, injected } = result;
    return {
      outcome,
      findings,
      ...(error === undefined ? {} : { error }),
      jobs,
      vms,
      webhooks,
      repairs,
      report: { seed: options.seed, injected },
    };
  },
});
