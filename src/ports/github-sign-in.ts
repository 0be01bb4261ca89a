// How somebody proves to us who they are at GitHub, and what they belong to there.

import type { Instant } from '../domain/time.ts';
import type { Secret } from './secret.ts';

/** What acts for one person at GitHub. */
export interface UserToken {
  access: Secret;
  /** Absent: lives until it is revoked. */
  expiresAt?: Instant;
  /** Good once, for the next token. */
  refresh?: Secret;
}

export interface Identity {
  /** Stays when the login changes. */
  id: number;
  login: string;
  /** Lower-cased organisations in which they are active members. */
  organizations: readonly string[];
  /** Lower-cased `organisation/slug`. */
  teams: readonly string[];
}

export interface DeviceStart {
  /** For asking; whoever has it gets the token. */
  deviceCode: Secret;
  /** For the person to type at `verificationUrl`. */
  userCode: string;
  verificationUrl: string;
  intervalSeconds: number;
  expiresInSeconds: number;
}

export type DevicePoll =
  | { kind: 'token'; token: UserToken }
  /** Ask again after so many seconds. */
  | { kind: 'pending'; intervalSeconds: number | undefined }
  | { kind: 'over'; why: 'denied' | 'expired' | 'unknown' };

/** All throw GitHubError when GitHub cannot be reached or is broken; what it refuses is a value. */
export interface GitHubSignIn {
  /** Where the browser is sent. @param challenge PKCE, S256. */
  authorizeUrl(request: { state: string; challenge: string; redirectUri: string }): string;
  /** Undefined when GitHub does not take the code. */
  redeem(request: { code: Secret; verifier: string; redirectUri: string }): Promise<UserToken | undefined>;
  startDevice(): Promise<DeviceStart>;
  pollDevice(deviceCode: Secret): Promise<DevicePoll>;
  /** Undefined when GitHub does not take the refresh token, as one that was used before. */
  renew(refresh: Secret): Promise<UserToken | undefined>;
  /** Undefined when GitHub does not take the token any more. */
  whoIs(token: Secret): Promise<Identity | undefined>;
}
