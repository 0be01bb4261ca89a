// Starts every loop of the control plane. Any number of processes may do so on one database: what must not be done twice is
// a leased row or a locked one.

import { type LinkServer, linkServer } from './agent-link/link-server.ts';
import { alertStep } from './alerts/alert-loop.ts';
import type { Deps } from './deps.ts';
import { ingestStep } from './ingest.ts';
import { startLoop } from './loop.ts';
import { recurringStep } from './repair/recurring.ts';
import { taskRunner } from './task-loop.ts';
import { traceStep } from './traces/trace-loop.ts';

export interface ControlPlane {
  readonly links: LinkServer;
  /** Ends all loops and links; what is under way is finished, what is due stays in the database. */
  stop(): Promise<void>;
}

export function runControlPlane(deps: Deps): ControlPlane {
  const links = linkServer(deps);
  const ingest = startLoop('ingest', deps, () => ingestStep(deps));
  const runner = taskRunner(deps, () => tasks.wake());
  const tasks = startLoop('tasks', deps, () => runner.step());
  const loops = [ingest, tasks, startLoop('recurring', deps, recurringStep(deps))];
  const { alerts, traces } = deps;
  if (alerts !== undefined && alerts.senders.length > 0)
    loops.push(startLoop('alerts', deps, () => alertStep({ ...deps, ...alerts })));
  if (traces !== undefined) loops.push(startLoop('traces', deps, () => traceStep(deps, traces)));
  const wakers = [
    deps.store.onWake('deliveries', () => ingest.wake()),
    deps.store.onWake('tasks', () => tasks.wake()),
  ];
  return {
    links,
    async stop() {
      for (const waker of wakers) waker.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      await runner.settled();
      await links.stop();
    },
  };
}
