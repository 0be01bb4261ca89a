// How a host does, from its agent's words and from its link: what of it is new enough to be stored. It changes nothing else.

import type { HostVitals, ToldVitals } from '../../domain/hosts/vitals.ts';
import type { HostId, ImageDigest } from '../../domain/ids.ts';
import { between, type DurationMs, type Instant, instantOf, seconds } from '../../domain/time.ts';
import type { AgentMessage, ToldVitalsMessage } from '../../wire/agent-protocol.ts';

type Observed = Extract<AgentMessage, { type: 'observed' }>;

/** As often as agents read them, and as often as the round trip is noted of an agent that tells none. */
const storedEveryMs: DurationMs = seconds(30);

/** What was stored of one link. */
export class VitalsIntake {
  #stored: { said: string; at: Instant } | undefined;

  /** What is to be stored; undefined when there is nothing new to say. */
  fresh(
    host: HostId,
    { vitals: message }: Observed,
    roundTripMs: DurationMs | undefined,
    now: Instant,
  ): HostVitals | undefined {
    if (message === undefined && roundTripMs === undefined) return undefined;
    const before = this.#stored;
    const isLate = before === undefined || Math.abs(between(before.at, now)) >= storedEveryMs;
    if (!isLate && before.said === said(message)) return undefined;
    return {
      host,
      at: now,
      ...(roundTripMs !== undefined && { roundTripMs }),
      ...(message !== undefined && { told: toldIn(message) }),
    };
  }

  /** It is committed. */
  stored({ vitals: message }: Observed, at: Instant): void {
    this.#stored = { said: said(message), at };
  }
}

const said = (message: ToldVitalsMessage | undefined): string => JSON.stringify(message ?? null);

const toldIn = ({ images, egress, agentStartedAt, ...rest }: ToldVitalsMessage): ToldVitals => ({
  ...rest,
  ...(egress !== undefined && { egress }),
  ...(agentStartedAt !== undefined && { agentStartedAt: instantOf(agentStartedAt) }),
  images: images.map(({ digest, builtAt, runner }) => ({
    digest: digest as ImageDigest,
    ...(builtAt !== undefined && { builtAt: instantOf(builtAt) }),
    ...(runner !== undefined && {
      runner: {
        version: runner.version,
        ...(runner.releasedAt !== undefined && { releasedAt: instantOf(runner.releasedAt) }),
      },
    }),
  })),
});
