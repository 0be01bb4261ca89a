// What people may see and do: by their memberships at GitHub, which are asked for again every few minutes with their own token,
// so that somebody who leaves an organisation sees no more of it.

import type { Reach } from '../../domain/access/caller.ts';
import { after, between, type Instant, instantOf, minutes } from '../../domain/time.ts';
import type { Person } from '../../ports/access-tables.ts';
import type { Clock } from '../../ports/clock.ts';
import { GitHubError } from '../../ports/github.ts';
import type { GitHubSignIn, Identity, UserToken } from '../../ports/github-sign-in.ts';
import type { Log } from '../../ports/log.ts';
import type { OwnSealer } from '../../ports/sealer.ts';
import { Secret } from '../../ports/secret.ts';
import type { Store } from '../../ports/store.ts';
import type { Rights } from './identify.ts';

export interface PeopleDeps {
  store: Store;
  clock: Clock;
  log: Log;
  github: GitHubSignIn;
  sealer: OwnSealer;
  policy: AccessPolicy;
}

export interface AccessPolicy {
  /** Lower-cased accounts that are served here; `*` for all. */
  owners: readonly string[];
  /** Lower-cased logins, and teams as `organisation/slug`. */
  operators: readonly string[];
}

/** How old what GitHub said may be. */
export const recheckMs = minutes(5);
/** How old it may be while GitHub cannot be asked. */
export const trustMs = minutes(60);
/** A token that ends sooner is renewed before it is used. */
const renewBeforeMs = minutes(2);

export class People {
  readonly #deps: PeopleDeps;
  /** Those who are being asked about now: once, however many of their calls wait for it. */
  readonly #asked = new Map<number, Promise<Person | undefined>>();
  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  /**
   * Undefined when GitHub takes their token no more: they must sign in again.
   * @throws GitHubError when GitHub cannot be asked, and what it said is too old
   */
  async rightsOf(id: number): Promise<Rights | undefined> {
    const { store, clock, policy } = this.#deps;
    const person = await store.transaction((tx) => tx.people.get(id));
    if (person?.sealedToken === undefined) return undefined;
    const isFresh = between(person.checkedAt, clock.now()) < recheckMs;
    const now = isFresh ? person : await this.#once(id, person);
    return now && rightsUnder(policy, now);
  }

  /** Somebody has just signed in. Undefined when GitHub does not take their token. */
  async welcome(token: UserToken): Promise<Person | undefined> {
    const identity = await this.#deps.github.whoIs(token.access);
    if (identity === undefined) return undefined;
    const person = { ...(await this.#describe(identity)), sealedToken: await this.#seal(token) };
    await this.#deps.store.transaction((tx) => tx.people.put(person));
    return person;
  }

  #once(id: number, person: Person): Promise<Person | undefined> {
    const asked = this.#asked.get(id);
    if (asked !== undefined) return asked;
    const asking = this.#ask(person).finally(() => this.#asked.delete(id));
    this.#asked.set(id, asking);
    return asking;
  }

  async #ask(person: Person): Promise<Person | undefined> {
    const { clock, log } = this.#deps;
    try {
      return await this.#check(person);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      if (between(person.checkedAt, clock.now()) >= trustMs) throw error;
      log.warn('cannot ask GitHub for memberships, and believe what it said before', { error });
      return person;
    }
  }

  async #check(person: Person): Promise<Person | undefined> {
    const { sealedToken = '' } = person;
    const held = await this.#unseal(sealedToken);
    const token = held && (await this.#fresh(held));
    const identity = token && (await this.#deps.github.whoIs(token.access));
    if (token === undefined || identity === undefined || identity.id !== person.id)
      return this.#refused(person);
    const next = { ...(await this.#describe(identity)), sealedToken };
    return this.#write(person, token === held ? next : { ...next, sealedToken: await this.#seal(token) });
  }

  async #fresh(token: UserToken): Promise<UserToken | undefined> {
    const { clock, github } = this.#deps;
    const { expiresAt, refresh } = token;
    if (expiresAt === undefined || expiresAt > after(clock.now(), renewBeforeMs)) return token;
    return refresh && github.renew(refresh);
  }

  /** Somebody else may have renewed the token, or signed in anew, since `before` was read: then that one is kept. */
  #write(before: Person, next: Person): Promise<Person> {
    return this.#deps.store.transaction(async (tx) => {
      await tx.lock(`person:${next.id}`);
      const row = await tx.people.get(next.id);
      const isOurs = row?.sealedToken === before.sealedToken;
      const kept: Person = { ...next, ...(!isOurs && row?.sealedToken && { sealedToken: row.sealedToken }) };
      await tx.people.put(kept);
      return kept;
    });
  }

  /** A refresh token is good once: another process may just have used it, and holds the next. */
  #refused({ id, sealedToken }: Person): Promise<Person | undefined> {
    return this.#deps.store.transaction(async (tx) => {
      await tx.lock(`person:${id}`);
      const row = await tx.people.get(id);
      if (row === undefined || row.sealedToken === undefined) return undefined;
      if (row.sealedToken !== sealedToken) return row;
      const { sealedToken: _, ...rest } = row;
      await tx.people.put(rest);
      return undefined;
    });
  }

  async #describe({ id, login, organizations, teams }: Identity): Promise<Omit<Person, 'sealedToken'>> {
    return { id, login, organizations, teams, checkedAt: this.#deps.clock.now() };
  }

  #seal({ access, expiresAt, refresh }: UserToken): Promise<string> {
    const held: HeldToken = {
      access: access.reveal(),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(refresh !== undefined && { refresh: refresh.reveal() }),
    };
    return this.#deps.sealer.seal(new Secret(JSON.stringify(held)));
  }

  async #unseal(text: string): Promise<UserToken | undefined> {
    const opened = await this.#deps.sealer.unseal(text);
    if (opened === undefined) return undefined;
    // We sealed it ourselves.
    const { access, expiresAt, refresh } = JSON.parse(opened.reveal()) as HeldToken;
    return {
      access: new Secret(access),
      ...(expiresAt !== undefined && { expiresAt: instantOf(expiresAt) }),
      ...(refresh !== undefined && { refresh: new Secret(refresh) }),
    };
  }
}

interface HeldToken {
  access: string;
  expiresAt?: Instant | number;
  refresh?: string;
}

/** A member of an organisation sees its work, and everybody that of their own account. Operators see and do all. */
export function rightsUnder(
  { owners, operators }: AccessPolicy,
  person: Omit<Person, 'sealedToken'>,
): Rights {
  const login = person.login.toLowerCase();
  const isOperator = operators.includes(login) || person.teams.some((team) => operators.includes(team));
  const own = [...person.organizations, login];
  const served = owners.includes('*') ? own : own.filter((account) => owners.includes(account));
  const reach: Reach = isOperator ? 'all' : [...new Set(served)];
  return { login: person.login, reach, mayOperate: isOperator };
}
