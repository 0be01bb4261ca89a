// What runs in a VM's place: GitHub's runner, simulated, in the simulated guest.

import type { Clock } from '../../ports/clock.ts';
import type { SimRunner } from '../driver/sim-runner.ts';
import { runInProcess } from '../github/in-process-runner.ts';
import type { SimGithub } from '../github/sim-github.ts';
import type { Weather } from './weather.ts';

export function simRunner(
  github: () => SimGithub,
  clock: Clock,
  weather: Pick<Weather, 'work' | 'habit' | 'acquireMs'>,
): SimRunner {
  return (jitConfig, io) => {
    let working = false;
    const over = new AbortController();
    const cut = (): void => over.abort(io.cut.reason);
    // Asked to end, an idle runner goes; one with a job finishes it, or is cut off with its VM.
    const terminate = (): void => {
      if (!working) over.abort(io.terminate.reason);
    };
    io.cut.addEventListener('abort', cut, { once: true });
    io.terminate.addEventListener('abort', terminate, { once: true });
    return runInProcess({
      github: github(),
      clock,
      jitConfig,
      work: (job) => weather.work(job),
      habit: (job) => weather.habit(job),
      acquireMs: (job) => weather.acquireMs(job),
      signal: over.signal,
      on: {
        listening: () => io.listening(),
        jobStarted: ({ name }) => {
          working = true;
          io.jobStarted(name);
        },
        jobEnded: ({ name }, conclusion) => io.jobEnded(name, words[conclusion]),
      },
    });
  };
}

/** As the runner prints them: `Job build completed with result: Succeeded`. */
const words = {
  success: 'Succeeded',
  failure: 'Failed',
  cancelled: 'Canceled',
  skipped: 'Skipped',
  timed_out: 'Failed',
} as const;
