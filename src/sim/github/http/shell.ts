// What the HTTP shell adds to the simulated GitHub: keys, tokens and URLs. No rule of GitHub stands here.

import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { RsaJwk } from '../jit-config.ts';
import type { SimGithub } from '../sim-github.ts';
import type { Installation, Job, Runner } from '../state.ts';
import type { World } from '../world.ts';
import { ExpiringTokens } from './expiring-tokens.ts';
import { PersonalTokens } from './personal-tokens.ts';
import { UserTokens } from './user-tokens.ts';

/** What an upload URL stands for. */
export type Upload =
  | { kind: 'job-log'; job: Job }
  | { kind: 'step-log'; job: Job; step: string }
  | { kind: 'summary'; job: Job; step: string }
  | { kind: 'diagnostics'; job: Job };

export class Shell {
  readonly github: SimGithub;
  readonly world: World;
  readonly appKey: KeyPair;
  /** One pair for all runners: making a 2048-bit key for each costs more time than it proves. */
  readonly runnerKey: KeyPair;
  readonly installationTokens: ExpiringTokens<Installation>;
  readonly runnerTokens: ExpiringTokens<Runner>;
  readonly logTokens: ExpiringTokens<Job>;
  readonly userTokens: UserTokens;
  readonly personalTokens: PersonalTokens;
  readonly uploads = new Map<string, Upload>();

  constructor(github: SimGithub, keys: ShellKeys = newShellKeys()) {
    this.github = github;
    this.world = github.world;
    this.appKey = keys.app;
    this.runnerKey = keys.runner;
    this.installationTokens = new ExpiringTokens(this.world);
    this.runnerTokens = new ExpiringTokens(this.world);
    this.logTokens = new ExpiringTokens(this.world);
    this.personalTokens = new PersonalTokens(this.world);
    this.userTokens = new UserTokens(this.world, clientSecretOf(keys.app));
  }
}

export interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/** Making them costs about half a second. */
export interface ShellKeys {
  app: KeyPair;
  runner: KeyPair;
}

export const newShellKeys = (): ShellKeys => ({ app: newKeyPair(), runner: newKeyPair() });

/** The same for a restarted simulator with the same keys. */
const clientSecretOf = ({ privateKey }: KeyPair): string =>
  createHash('sha1')
    .update(privateKey.export({ type: 'pkcs8', format: 'der' }))
    .digest('hex');

const newKeyPair = (): KeyPair => generateKeyPairSync('rsa', { modulusLength: 2048 });

export function rsaJwkOf({ privateKey }: KeyPair): RsaJwk {
  const { n, e, d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' });
  if (!n || !e || !d || !p || !q || !dp || !dq || !qi) throw new Error('bug: not an RSA private key');
  return { n, e, d, p, q, dp, dq, qi };
}

/** The token of an `Authorization: Bearer …` or `token …` header. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^(?:bearer|token)\s+(\S+)$/i.exec(header ?? '')?.[1];
}
