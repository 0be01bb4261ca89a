// The certificate at the address where GitHub reaches us. It is the proxy's; when it ends, no webhook arrives any more.

import { type DurationMs, days, hours, type Instant } from '../time.ts';

export type CertificateReading =
  | { readonly kind: 'certificate'; readonly endsAt: Instant }
  /** `why`: a few words, of ours alone. */
  | { readonly kind: 'unreachable'; readonly why: string };

export interface CertificateState {
  /** Whose it is; absent when there is none to look at. */
  readonly host?: string;
  /** As it was read last. */
  readonly endsAt?: Instant;
  /** Why it could not be read the last time. */
  readonly why?: string;
}

export const certificateTimes = {
  lookEveryMs: hours(6),
  /** After a look that failed. */
  againMs: hours(1),
  /** Renewals usually come a month ahead. */
  warnMs: days(14),
} as const;

/** Many networks do not let one reach one's own public address: what was read before still holds then. */
export function afterLook(
  before: CertificateState | undefined,
  host: string,
  reading: CertificateReading,
): CertificateState {
  if (reading.kind === 'certificate') return { host, endsAt: reading.endsAt };
  const known = before?.host === host ? before.endsAt : undefined;
  return { host, why: reading.why, ...(known !== undefined && { endsAt: known }) };
}

export const nextLookMs = ({ why }: CertificateState): DurationMs =>
  why === undefined ? certificateTimes.lookEveryMs : certificateTimes.againMs;
