// Which places can be reached from inside the VM: the doctor asks it of its canary.

export interface Place {
  host: string;
  port: number;
}

export interface ReachedPlace {
  host: string;
  foundMs?: number;
  connectedMs?: number;
  why: string;
}

const timeoutMs = 8000;

/** All at the same time, each for at most eight seconds; times count from the call. Never rejects. */
export async function reach(places: readonly Place[], limitMs = timeoutMs): Promise<ReachedPlace[]> {
  // Loaded when it is needed: what is loaded at the start costs every boot, and ordinary guests are never asked.
  const { lookup } = await import('node:dns/promises');
  const { createConnection } = await import('node:net');
  const begun = performance.now();
  const since = () => Math.round(performance.now() - begun);
  return Promise.all(
    places.map(async ({ host, port }) => {
      const seen: ReachedPlace = { host, why: '' };
      const late = AbortSignal.timeout(limitMs);
      try {
        const { address } = await unlessLate(lookup(host), late);
        seen.foundMs = since();
        const socket = createConnection({ host: address, port });
        late.addEventListener('abort', () => socket.destroy(), { once: true });
        await unlessLate(
          new Promise<void>((resolve, reject) => {
            socket.once('error', reject);
            socket.once('connect', () => resolve());
          }).finally(() => socket.destroy()),
          late,
        );
        seen.connectedMs = since();
      } catch (error) {
        seen.why = wordsOf(error).slice(0, 200);
      }
      return seen;
    }),
  );
}

/** A lookup cannot be called off, only left alone. */
function unlessLate<T>(work: Promise<T>, late: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    late.addEventListener('abort', () => reject(new Error('no answer')), { once: true });
    work.then(resolve, reject);
  });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
