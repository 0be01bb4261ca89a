// One measured run, in a process of its own: plays a piece of the pilot and prints one line of JSON. Started with
// `--expose-gc`. Time is that of all threads of the process, so the collector's own are in it.

import { Session } from 'node:inspector/promises';
import { playPilot } from '../../src/sim/scenarios/pilot.ts';
import { wholePilot } from '../../src/sim/scenarios/pilot-calendar.ts';
import { type Profile, partsOf } from './parts.ts';

/** What is to be played. */
export interface Order {
  days: number;
  /** The days are these many, over and over. */
  sameDays: number;
  runsPerDay: number;
  /** Says what the time is spent on, which makes it longer. */
  profiled: boolean;
  /** Plays a day before it measures, so that what is compiled while it runs does not count. */
  warm: boolean;
}

export interface Played {
  cpuMs: number;
  webhooks: number;
  jobs: number;
  outcome: string;
  /** What was kept after a day and at the end, without garbage, and the webhooks until then. */
  heap: readonly { bytes: number; webhooks: number }[];
  /** Of a profiled run: each part's share of the time. */
  parts?: Readonly<Record<string, number>>;
}

const order: Order = JSON.parse(process.argv[2] ?? '{}');
if (order.warm) await play({ ...order, days: 1, profiled: false });
process.stdout.write(`${JSON.stringify(await play(order))}\n`);
process.exit(0);

async function play({ days, sameDays, runsPerDay, profiled }: Order): Promise<Played> {
  const heap: { bytes: number; webhooks: number }[] = [];
  let day = 0;
  let besideMs = 0;
  collect();
  const session = profiled ? await startProfile() : undefined;
  const startedMs = cpuMs();
  const ending = await playPilot(
    { ...wholePilot, days, sameDays, runsPerDay },
    {
      tell: (line) => {
        day += 1;
        if (day !== 1 && day !== days) return;
        const atMs = cpuMs();
        collect();
        heap.push({
          bytes: process.memoryUsage().heapUsed,
          webhooks: Number(/: (\d+) webhooks/.exec(line)?.[1]),
        });
        besideMs += cpuMs() - atMs;
      },
    },
  );
  const spentMs = cpuMs() - startedMs - besideMs;
  const { webhooks, jobs, outcome } = ending;
  const played = { cpuMs: spentMs, webhooks, jobs, outcome, heap };
  return session === undefined ? played : { ...played, parts: partsOf(await stopProfile(session)) };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('to be started with --expose-gc');
  globalThis.gc();
}

async function startProfile(): Promise<Session> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return session;
}

async function stopProfile(session: Session): Promise<Profile> {
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return profile;
}
