// Composes who may call our API: the admin token always, people when there is an OAuth client of GitHub.

import { GitHubSignInClient } from '../adapters/github/sign-in.ts';
import type { HttpServerDeps } from '../adapters/http-fastify/server.ts';
import { JoseOwnSealer } from '../adapters/sealer-jose/own-sealer.ts';
import { auditTrail } from '../control-plane/access/audit-trail.ts';
import { identify } from '../control-plane/access/identify.ts';
import { People } from '../control-plane/access/people.ts';
import {
  arriveFromGitHub,
  flightMs,
  leaveForGitHub,
  type SignInDeps,
} from '../control-plane/access/sign-in.ts';
import type { Deps } from '../control-plane/deps.ts';
import type { Secret } from '../ports/secret.ts';

export interface AccessConfig {
  /** SHA-256 of the operators' tokens, in hex. */
  adminTokenHashes: readonly string[];
  /** Lower-cased logins, and teams as `organisation/slug`. */
  operators?: readonly string[];
  /** The App's; nobody signs in when left out. */
  oauth?: { clientId: string; clientSecret: Secret } | undefined;
}

export interface Access {
  /** For the handlers of our API. */
  signIn: SignInDeps | undefined;
  http: Pick<HttpServerDeps, 'identify' | 'audit' | 'signIn'>;
}

/** @param baseUrl where browsers reach us; asked when somebody signs in. */
export function openAccess(
  { adminTokenHashes, operators = [], oauth }: AccessConfig,
  deps: Deps,
  github: { apiUrl: string; userAgent: string },
  baseUrl: () => string,
): Access {
  const { store, clock, log, random, settings } = deps;
  const audit = auditTrail({ store, clock, log });
  const ask = { store, clock, adminTokenHashes };
  if (oauth === undefined) {
    const nobodysRights = async (): Promise<undefined> => undefined;
    return {
      signIn: undefined,
      http: { audit, identify: (shown) => identify({ ...ask, rightsOf: nobodysRights }, shown) },
    };
  }
  const signInAtGitHub = new GitHubSignInClient({ ...github, ...oauth, clock });
  const people = new People({
    store,
    clock,
    log,
    github: signInAtGitHub,
    sealer: new JoseOwnSealer(oauth.clientSecret, "people's tokens for GitHub"),
    policy: { owners: settings.owners, operators },
  });
  const signIn: SignInDeps = { store, clock, log, random, github: signInAtGitHub, people, baseUrl };
  return {
    signIn,
    http: {
      audit,
      identify: (shown) => identify({ ...ask, rightsOf: (person) => people.rightsOf(person) }, shown),
      signIn: {
        leave: (next) => leaveForGitHub(signIn, next),
        arrive: (query) => arriveFromGitHub(signIn, query),
        flightMs,
      },
    },
  };
}
