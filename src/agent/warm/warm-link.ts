// The talk with a guest that belongs to nobody yet: it is heard to be alive, and told nothing. When its VM is taken, this
// connection ends and the order's own begins.

import { vmId } from '../../domain/ids.ts';
import type { DurationMs } from '../../domain/time.ts';
import { pump } from '../../wire/guest-protocol/channel-pump.ts';
import { fromGuest } from '../../wire/guest-protocol/messages.ts';
import { ReliableChannel } from '../../wire/guest-protocol/reliable-channel.ts';
import type { WorkerDeps } from '../worker-deps.ts';

export interface WarmLink {
  /** Settles when the connection has ended, whoever ended it. Never rejects. */
  readonly ended: Promise<void>;
  close(): void;
}

/** A guest has little to say before it is told anything. */
const framesPerSecond = 50;
const connectRetryMs = 100;

/** Resolves when the guest has said hello. @throws when it has not by then. */
export async function greet(
  { guestLink, clock, random, stopping }: Pick<WorkerDeps, 'guestLink' | 'clock' | 'random' | 'stopping'>,
  machine: string,
  socketPath: string,
  timeoutMs: DurationMs,
): Promise<WarmLink> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    stopping.throwIfAborted();
    const stream = await guestLink.connect(vmId(machine), socketPath).catch(() => undefined);
    if (stream !== undefined) {
      const heard = Promise.withResolvers<boolean>();
      const channel = new ReliableChannel({
        role: 'asks',
        session: Buffer.from(random.bytes(12)).toString('hex'),
        acknowledges: 'at-once',
      });
      const talk = pump(channel, stream, {
        now: () => clock.now(),
        sleep: (ms, signal) => clock.sleep(ms, signal),
        onMessage: ({ body }) => {
          if (fromGuest.safeParse(body).data?.type === 'hello') heard.resolve(true);
        },
        framesPerSecond,
      });
      const enough = new AbortController();
      const late = clock.sleep(Math.max(0, deadline - clock.now()), enough.signal).catch(() => undefined);
      const isUp = await Promise.race([heard.promise, talk.done.then(() => false), late.then(() => false)]);
      enough.abort('it is not waited for any more');
      if (isUp) return { ended: talk.done.then(() => undefined), close: () => talk.close() };
      talk.close();
    }
    if (clock.now() >= deadline)
      throw new Error(`${machine}: its guest did not answer within ${Math.round(timeoutMs / 1000)} s`);
    await clock.sleep(connectRetryMs, stopping);
  }
}
