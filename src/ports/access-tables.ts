// What the store keeps of those who call our API: people, their sessions, tokens, and what operators did. Secrets come here
// hashed or sealed (I8).

import type { TokenScope } from '../domain/access/token-scope.ts';
import type { Instant } from '../domain/time.ts';

/** Somebody who has signed in with GitHub, as GitHub last told. */
export interface Person {
  /** Their id at GitHub: it stays when the login changes. */
  id: number;
  login: string;
  /** Lower-cased organisations in which they are active members. */
  organizations: readonly string[];
  /** Lower-cased `organisation/slug`. */
  teams: readonly string[];
  /** Their token for GitHub, sealed to this control plane; absent once GitHub has refused it. */
  sealedToken?: string;
  checkedAt: Instant;
}

export interface PersonTable {
  get(id: number): Promise<Person | undefined>;
  put(person: Person): Promise<void>;
}

export interface LoginSession {
  /** SHA-256 of the cookie's id, in hex. */
  hash: string;
  person: number;
  createdAt: Instant;
  expiresAt: Instant;
}

export interface SessionTable {
  add(session: LoginSession): Promise<void>;
  /** Undefined when it is unknown or has run out at `now`. */
  get(hash: string, now: Instant): Promise<LoginSession | undefined>;
  /** What is not there is success. */
  remove(hash: string): Promise<void>;
  /** Forgets all that ran out before `now`. */
  sweep(now: Instant): Promise<void>;
}

export interface ApiToken {
  /** For lists and revocation; says nothing about the token. */
  id: string;
  /** SHA-256 of the token, in hex. */
  hash: string;
  name: string;
  scopes: readonly TokenScope[];
  /** Lower-cased accounts to which it is limited; empty: all that its maker sees. */
  owners: readonly string[];
  /** Who made it: what they may no longer do, their token may not either. Absent: made with the admin token. */
  person?: number;
  createdBy: string;
  createdAt: Instant;
  expiresAt: Instant;
  revokedAt?: Instant;
}

export interface ApiTokenTable {
  add(token: ApiToken): Promise<void>;
  /** Also one that has run out or was revoked. */
  byHash(hash: string): Promise<ApiToken | undefined>;
  byId(id: string): Promise<ApiToken | undefined>;
  /** False when there is none, or it was revoked before. */
  revoke(id: string, at: Instant): Promise<boolean>;
  /** Newest first, from after `from` on; of one person or of all. */
  list(
    filter: { person?: number },
    limit: number,
    from?: { at: Instant; id: string },
  ): Promise<readonly ApiToken[]>;
}

/** One thing that somebody told us to do. */
export interface AuditEntry {
  at: Instant;
  /** As in `Caller`: a login, a token with its name, the admin token. */
  by: string;
  /** From where, as an IP address. */
  from: string;
  /** Name of the endpoint. */
  action: string;
  /** What was asked, without secrets. */
  data: Readonly<Record<string, unknown>>;
}

export interface AuditLine extends AuditEntry {
  /** Rises with each line. */
  number: number;
  /** HTTP status of the answer; absent while it is not given, and for ever when the process died before. */
  status?: number;
}

export interface AuditTable {
  /** Gives the line's number. */
  append(entry: AuditEntry): Promise<number>;
  finish(number: number, status: number): Promise<void>;
  /** Newest first, only those before number `before`. */
  list(
    filter: { by?: string; action?: string; since?: Instant },
    limit: number,
    before?: number,
  ): Promise<readonly AuditLine[]>;
}
