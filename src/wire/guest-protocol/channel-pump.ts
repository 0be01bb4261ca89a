// Joins a reliable channel with one stream until the stream ends. Used by both sides.

import { encodeFrame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { maxBadFrames } from './limits.ts';
import { RateLimit } from './rate-limit.ts';
import type { Delivered, ReliableChannel } from './reliable-channel.ts';

/** The part of a byte stream that the pump needs. */
export interface PumpStream {
  write(bytes: Uint8Array): Promise<void>;
  readonly incoming: AsyncIterable<Uint8Array>;
  close(): void;
}

export interface PumpOptions {
  now(): number;
  /** Resolves after `ms`; rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Called for each message in order. The next is not read before it resolves, so a slow receiver slows its sender down. */
  onMessage(delivered: Delivered): void | Promise<void>;
  /**
   * The other side has said where it stands, as it does first of all in each connection. A stream need not show that one ended
   * and the next began: a virtio-serial port does not, when both happen before its guest looks.
   */
  onResume?(): void;
  /** Frames that the other side may send in a second; more make it wait. Its burst is twice that. */
  framesPerSecond?: number;
  tickMs?: number;
}

export interface Pump {
  /** There is something to send: call it after `channel.send`. */
  wake(): void;
  /** Settles when the stream has ended. Its value says why; never rejects. */
  readonly done: Promise<string>;
  close(): void;
}

/** Attaches the channel to the stream and carries frames both ways. */
export function pump(channel: ReliableChannel, stream: PumpStream, options: PumpOptions): Pump {
  const stop = new AbortController();
  const reader = new FrameReader();
  let wakeWriter: () => void = () => {};
  let wakeTicker: () => void = () => {};
  const wake = (): void => {
    wakeWriter();
    wakeTicker();
  };

  const write = async (): Promise<string> => {
    // The other side may hold half a line of an earlier connection.
    await stream.write(Uint8Array.of(10));
    while (!stop.signal.aborted && channel.gaveUp === undefined) {
      const frame = channel.take();
      if (frame !== undefined) await stream.write(encodeFrame(frame));
      else {
        await new Promise<void>((resolve) => {
          wakeWriter = resolve;
          if (stop.signal.aborted) resolve();
        });
      }
    }
    return channel.gaveUp ?? 'closed';
  };

  const read = async (): Promise<string> => {
    const limit = new RateLimit(options.framesPerSecond ?? 500, 2 * (options.framesPerSecond ?? 500));
    for await (const bytes of stream.incoming) {
      const badBefore = reader.bad;
      const frames = reader.feed(bytes);
      if (reader.bad >= maxBadFrames) return `${reader.bad} unreadable frames`;
      for (const frame of frames) {
        for (const delivered of channel.receive(frame)) await options.onMessage(delivered);
        if (frame.kind === 'resume' && channel.open) options.onResume?.();
        wake();
      }
      if (channel.gaveUp !== undefined) return channel.gaveUp;
      const pause = limit.take(frames.length + reader.bad - badBefore, options.now());
      if (pause > 0) await options.sleep(pause, stop.signal);
    }
    return 'the other side closed it';
  };

  const tick = async (): Promise<string> => {
    for (;;) {
      // Most guests say nothing for minutes: nobody needs to look after them every few seconds.
      while (!channel.isWaiting && !stop.signal.aborted) {
        await new Promise<void>((resolve) => {
          wakeTicker = resolve;
        });
      }
      await options.sleep(options.tickMs ?? 5000, stop.signal);
      channel.tick();
      wake();
    }
  };

  const failed = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const close = (): void => {
    if (stop.signal.aborted) return;
    stop.abort(new Error('closed'));
    // At once: the channel may be attached to the next stream before this one has ended.
    channel.detach();
    stream.close();
    wake();
  };
  channel.attach();
  const done = Promise.race([write().catch(failed), read().catch(failed), tick().catch(failed)]).then(
    (why) => {
      close();
      return why;
    },
  );
  return { wake, done, close };
}
