// Personal access tokens, and what each lets its owner see: fine-grained ones name repositories and permissions, classic ones
// see all that their user sees (GitHub docs, "Managing your personal access tokens").

import { findRepository } from '../accounts.ts';
import type { Account, Repository } from '../state.ts';
import type { World } from '../world.ts';

export interface PersonalToken {
  user: Account;
  /** `public`: private ones are as if they did not exist. */
  sees: 'all' | 'public' | ReadonlySet<Repository>;
  /** Permissions that it was not given, such as `actions`. */
  lacks: ReadonlySet<string>;
}

export interface NewPersonalToken {
  login: string;
  /** `owner/name`; all that the user sees when left out. */
  repositories?: 'all' | 'public' | readonly string[];
  lacks?: readonly string[];
}

export class PersonalTokens {
  readonly #world: World;
  readonly #tokens = new Map<string, PersonalToken>();

  constructor(world: World) {
    this.#world = world;
  }

  issue({ login, repositories = 'all', lacks = [] }: NewPersonalToken): string {
    const user = this.#world.state.accounts.get(login.toLowerCase());
    if (user === undefined) throw new Error(`bug: no account ${login}`);
    const named = (name: string): Repository => {
      const repository = findRepository(this.#world, name);
      if (repository === undefined) throw new Error(`bug: no repository ${name}`);
      return repository;
    };
    const sees = typeof repositories === 'string' ? repositories : new Set(repositories.map(named));
    const token = `ghp_${this.#world.ids.hex(20)}`;
    this.#tokens.set(token, { user, sees, lacks: new Set(lacks) });
    return token;
  }

  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  look(token: string): PersonalToken | undefined {
    return this.#tokens.get(token);
  }
}

/** Public repositories are everybody's to read. */
export const tokenSees = (world: World, { user, sees }: PersonalToken, repository: Repository): boolean =>
  !repository.private ||
  (sees !== 'public' && (sees === 'all' || sees.has(repository)) && belongsTo(world, user, repository.owner));

export const belongsTo = ({ state }: World, user: Account, owner: Account): boolean =>
  user === owner ||
  state.memberships.some((it) => it.organization === owner && it.user === user && it.state === 'active');
