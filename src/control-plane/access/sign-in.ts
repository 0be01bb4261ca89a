// Signing in with GitHub, by browser and by device. What comes out is a session of ours: its id is the person's only
// credential, and is kept here as a hash.

import { createHash } from 'node:crypto';
import { after, days, type Instant, minutes } from '../../domain/time.ts';
import type { Person } from '../../ports/access-tables.ts';
import type { UserToken } from '../../ports/github-sign-in.ts';
import type { Random } from '../../ports/random.ts';
import { Secret } from '../../ports/secret.ts';
import { isSameSecret, newToken, tokenHash } from '../requests/tokens.ts';
import { sessionPrefix } from './identify.ts';
import type { People, PeopleDeps } from './people.ts';

export interface SignInDeps extends Pick<PeopleDeps, 'store' | 'clock' | 'github' | 'log'> {
  random: Random;
  people: People;
  /** Where browsers reach us, without a slash at the end. */
  baseUrl: () => string;
}

export interface NewSession {
  id: Secret;
  login: string;
  expiresAt: Instant;
}

export const callbackPath = '/sign-in/callback';
const browserSessionMs = days(7);
const deviceSessionMs = days(30);
/** Between the way to GitHub and back. */
export const flightMs = minutes(10);

/** What the browser keeps in a cookie while it is at GitHub. */
interface Flight {
  state: string;
  verifier: string;
  next: string;
}

/** @param next where to go afterwards; a path of ours, or `/` is taken. */
export function leaveForGitHub(
  { random, github, baseUrl }: SignInDeps,
  next: string | undefined,
): { location: string; flight: string } {
  const text = (): string => Buffer.from(random.bytes(32)).toString('base64url');
  const flight: Flight = { state: text(), verifier: text(), next: pathOfOurs(next) };
  const challenge = createHash('sha256').update(flight.verifier).digest('base64url');
  const redirectUri = `${baseUrl()}${callbackPath}`;
  return {
    location: github.authorizeUrl({ state: flight.state, challenge, redirectUri }),
    flight: Buffer.from(JSON.stringify(flight)).toString('base64url'),
  };
}

export type Arrival = { ok: true; session: NewSession; next: string } | { ok: false; why: string };

/** @param flight the cookie; without it somebody else began this sign-in, and wants the browser in their account. */
export async function arriveFromGitHub(
  deps: SignInDeps,
  { code, state, error, flight }: Readonly<Record<'code' | 'state' | 'error' | 'flight', string | undefined>>,
): Promise<Arrival> {
  const begun = readFlight(flight);
  if (begun === undefined || state === undefined || !isSameSecret(begun.state, state))
    return { ok: false, why: 'This sign-in was not begun in this browser, or too long ago. Begin again.' };
  if (error !== undefined || code === undefined) return { ok: false, why: 'GitHub did not let you in.' };
  const redirectUri = `${deps.baseUrl()}${callbackPath}`;
  const token = await deps.github.redeem({ code: new Secret(code), verifier: begun.verifier, redirectUri });
  const session = token && (await openSession(deps, token, browserSessionMs));
  return session === undefined
    ? { ok: false, why: 'GitHub takes this sign-in no more. Begin again.' }
    : { ok: true, session, next: begun.next };
}

export type DeviceOutcome =
  | { kind: 'signed-in'; session: NewSession }
  | { kind: 'pending'; intervalSeconds: number | undefined }
  | { kind: 'over'; why: string };

export async function pollDevice(deps: SignInDeps, deviceCode: Secret): Promise<DeviceOutcome> {
  const poll = await deps.github.pollDevice(deviceCode);
  if (poll.kind === 'pending') return poll;
  if (poll.kind === 'over') return { kind: 'over', why: whyOver[poll.why] };
  const session = await openSession(deps, poll.token, deviceSessionMs);
  return session === undefined
    ? { kind: 'over', why: 'GitHub takes this sign-in no more.' }
    : { kind: 'signed-in', session };
}

const whyOver = {
  denied: 'You said no at GitHub.',
  expired: 'The code has run out.',
  unknown: 'GitHub does not know this code.',
} as const;

async function openSession(
  deps: SignInDeps,
  token: UserToken,
  lifetimeMs: number,
): Promise<NewSession | undefined> {
  const person: Person | undefined = await deps.people.welcome(token);
  if (person === undefined) return undefined;
  const now = deps.clock.now();
  const id = newToken(sessionPrefix, deps.random);
  const expiresAt = after(now, lifetimeMs);
  await deps.store.transaction(async (tx) => {
    await tx.sessions.sweep(now);
    await tx.sessions.add({ hash: tokenHash(id.reveal()), person: person.id, createdAt: now, expiresAt });
  });
  deps.log.info('somebody has signed in', { login: person.login });
  return { id, login: person.login, expiresAt };
}

/** Other addresses would make our sign-in a way to send people anywhere. */
const pathOfOurs = (path: string | undefined): string =>
  path !== undefined && /^\/(?![/\\])[\w\-./?=&%]*$/.test(path) && path.length < 500 ? path : '/';

function readFlight(text: string | undefined): Flight | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text ?? '', 'base64url').toString());
    if (typeof value !== 'object' || value === null) return undefined;
    const { state, verifier, next } = { state: '', verifier: '', next: '', ...value };
    const isWhole = typeof state === 'string' && state.length >= 40 && typeof verifier === 'string';
    return isWhole
      ? { state, verifier, next: pathOfOurs(typeof next === 'string' ? next : undefined) }
      : undefined;
  } catch {
    // Not ours: as if there were none.
    return undefined;
  }
}
