// The one-time tokens by which a host becomes one of ours.

import type { Instant } from '../domain/time.ts';

export interface EnrolmentTable {
  /** `tokenHash` is the SHA-256 of the token, in hex; the token itself is never stored. */
  add(enrolment: Enrolment): Promise<void>;
  /** Uses it up: undefined when it is unknown, used, or run out at `now`. */
  redeem(tokenHash: string, now: Instant): Promise<Enrolment | undefined>;
}

export interface Enrolment {
  tokenHash: string;
  hostName: string;
  owners: readonly string[];
  /** The host is removed when it is gone for long. */
  auto?: boolean;
  expiresAt: Instant;
}
