import { lookup } from 'node:dns/promises';
import { createConnection } from 'node:net';
import type { HttpReached, Reached } from '../../../ports/host-facts.ts';
import { whyNoAnswer } from '../../../wire/why-no-answer.ts';

export async function lookUp(name: string, timeoutMs: number): Promise<Reached> {
  const begun = performance.now();
  const late = AbortSignal.timeout(timeoutMs);
  const tooLate = new Promise<never>((_, reject) =>
    late.addEventListener('abort', () => reject(new Error('no resolver answers')), { once: true }),
  );
  try {
    const found = await Promise.race([lookup(name, { all: true }), tooLate]);
    return {
      ok: true,
      ms: performance.now() - begun,
      detail: found.map(({ address }) => address).join(', '),
    };
  } catch (error) {
    return { ok: false, why: whyNoAnswer(error) };
  }
}

export function connect(host: string, port: number, timeoutMs: number): Promise<Reached> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const socket = createConnection({ host, port });
    const end = (outcome: Reached): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(timeoutMs, () => end({ ok: false, why: 'no answer' }));
    socket.once('error', (error) => end({ ok: false, why: whyNoAnswer(error) }));
    socket.once('connect', () =>
      end({ ok: true, ms: performance.now() - begun, detail: socket.remoteAddress ?? '' }),
    );
  });
}

export async function get(url: string, timeoutMs: number): Promise<HttpReached> {
  const begun = performance.now();
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
    const ms = performance.now() - begun;
    await response.body?.cancel();
    return {
      ok: true,
      ms,
      status: response.status,
      skewMs: skewOf(response.headers.get('date'), Date.now() - ms / 2),
    };
  } catch (error) {
    return { ok: false, why: whyNoAnswer(error) };
  }
}

/** The header has whole seconds: what is less than one is none. */
function skewOf(date: string | null, ourMs: number): number | undefined {
  const theirMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirMs)) return undefined;
  const skewMs = Math.round(theirMs + 500 - ourMs);
  return Math.abs(skewMs) <= 1000 ? 0 : skewMs;
}
