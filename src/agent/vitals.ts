// How the host does, for the control plane. What cannot be read is not told: no VM waits for it.

import { type DurationMs, type Instant, seconds } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostVitalsReader } from '../ports/host-vitals.ts';
import type { Log } from '../ports/log.ts';
import type { ToldVitalsMessage } from '../wire/agent-protocol.ts';

/** Between two looks; what was found is told again until the next one. */
export const vitalsMs: DurationMs = seconds(30);

interface Parts {
  vitals?: HostVitalsReader | undefined;
  clock: Pick<Clock, 'now'>;
  log: Log;
}

/** @returns what to say of the host now: a field of the message, or none. */
export function vitalsLook({ vitals, clock, log }: Parts): () => Promise<{ vitals?: ToldVitalsMessage }> {
  const agentStartedAt = clock.now();
  let latest: { at: number; told: { vitals?: ToldVitalsMessage } } | undefined;
  return async () => {
    if (vitals === undefined) return {};
    const now = clock.now();
    if (latest === undefined || Math.abs(now - latest.at) >= vitalsMs)
      latest = { at: now, told: await look(vitals, agentStartedAt, log) };
    return latest.told;
  };
}

async function look(
  vitals: HostVitalsReader,
  agentStartedAt: Instant,
  log: Log,
): Promise<{ vitals?: ToldVitalsMessage }> {
  try {
    const { load, images, ...rest } = await vitals.read();
    return { vitals: { ...rest, agentStartedAt, load: [...load], images: [...images] } };
  } catch (error) {
    log.warn('how this host does cannot be read', { error });
    return {};
  }
}
