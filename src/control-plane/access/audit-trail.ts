// What somebody told us to do is written before it is done, so that nothing is done unwritten; how it went is added after. A
// line without a status is one whose process died on the way.

import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';

export interface AuditedCall {
  by: string;
  /** IP address. */
  from: string;
  /** Name of the endpoint. */
  action: string;
  /** As the endpoint's schemas made it. */
  asked: { params: unknown; query: unknown; body: unknown };
}

export interface AuditTrail {
  /** @throws StoreUnavailableError, and then the call must not run. */
  begin(call: AuditedCall): Promise<number>;
  /** Never throws: what was done is done. */
  finish(number: number, status: number): Promise<void>;
}

export function auditTrail({ store, clock, log }: { store: Store; clock: Clock; log: Log }): AuditTrail {
  return {
    begin: ({ asked, ...call }) =>
      store.transaction((tx) => tx.audit.append({ ...call, at: clock.now(), data: dataOf(asked) })),
    async finish(number, status) {
      try {
        await store.transaction((tx) => tx.audit.finish(number, status));
      } catch (error) {
        log.error('an audit line stays without its status', { number, status, error });
      }
    },
  };
}

const longest = 200;
const secretName = /token|secret|password|code|key|credential/i;

/** Parameters name things by their ids. In a body, what has a name that sounds secret is masked; long texts are cut. */
export const dataOf = ({ params, query, body }: AuditedCall['asked']): Readonly<Record<string, unknown>> => ({
  ...record(params),
  ...record(query),
  ...record(masked(body)),
});

function masked(value: unknown): unknown {
  if (typeof value === 'string') return value.length > longest ? `${value.slice(0, longest)}…` : value;
  if (Array.isArray(value)) return value.slice(0, longest).map(masked);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inside]) => inside !== undefined);
  return Object.fromEntries(
    entries.map(([name, inside]) => [name, secretName.test(name) ? '***' : masked(inside)]),
  );
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
