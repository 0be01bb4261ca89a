// Ids as GitHub makes them: job and run ids far above 2^31, GUIDs, opaque node ids. All from a counter and the Random port.

import type { Random } from '../../ports/random.ts';

export interface Identifiers {
  next(kind: keyof typeof firstIds): number;
  guid(): string;
  /** `count` random bytes as hex. */
  hex(count: number): string;
}

const firstIds = {
  account: 180_000_001,
  app: 900_001,
  installation: 55_000_001,
  repository: 860_000_001,
  group: 3,
  team: 9_000_001,
  runner: 21,
  run: 17_400_000_001,
  job: 49_400_000_001,
  message: 1,
  delivery: 180_000_000_001,
  hook: 510_000_001,
  order: 1,
  check: 41_000_000_001,
};

export function identifiersFrom(random: Random): Identifiers {
  const counters = new Map<string, number>();
  const hex = (count: number): string => Buffer.from(random.bytes(count)).toString('hex');
  return {
    next(kind) {
      const id = counters.get(kind) ?? firstIds[kind];
      counters.set(kind, id + 1);
      return id;
    },
    guid() {
      const digits = hex(16);
      const parts = [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `4${digits.slice(13, 16)}`,
        `${'89ab'[Number.parseInt(digits.slice(16, 17), 16) % 4]}${digits.slice(17, 20)}`,
        digits.slice(20),
      ];
      return parts.join('-');
    },
    hex,
  };
}

/** An opaque GraphQL id: GitHub's clients must not read anything into it. */
export const nodeId = (prefix: string, id: number): string =>
  `${prefix}_${Buffer.from(String(id)).toString('base64url')}`;
