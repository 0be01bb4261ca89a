// Our side of GitHub's sign-in against the simulated one, and what of GitHub is only believed.

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Browser, decide, locationOf } from '../../../test/support/browser.ts';
import { hours, type Instant, instantOf, after as later, minutes, seconds } from '../../domain/time.ts';
import { GitHubError } from '../../ports/github.ts';
import { Secret } from '../../ports/secret.ts';
import type { Beliefs } from '../../sim/github/beliefs.ts';
import { type SimGithubServer, startSimGithubServer } from '../../sim/github/http/server.ts';
import { SimGithub } from '../../sim/github/sim-github.ts';
import { seededRandom } from '../../sim/github/stage.ts';
import { GitHubSignInClient, siteOf } from './sign-in.ts';

const redirectUri = 'http://127.0.0.1:1/sign-in/callback';
const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');
let now: Instant;
let github: SimGithub;
let site: SimGithubServer;
const clock = { now: () => now, sleep: () => new Promise<void>(() => {}) };

async function start(beliefs: Partial<Beliefs> = {}): Promise<void> {
  github = new SimGithub({ clock, random: seededRandom('sign-in'), beliefs });
  for (const organization of ['Acme', 'Globex']) github.createOrganization(organization);
  for (const user of ['Ada', 'Bob']) github.createUser(user);
  github.installApp('Acme');
  github.setMembership({ organization: 'Acme', user: 'Ada' }, 'active');
  github.setMembership({ organization: 'Globex', user: 'Ada' }, 'active');
  github.createTeam({ organization: 'Acme', slug: 'Platform', members: ['Ada', 'Bob'] });
  site = await startSimGithubServer({ github });
}
beforeEach(async () => {
  now = instantOf(Date.UTC(2026, 10, 24));
  await start();
});
afterEach(async () => {
  await site.close();
  github.close();
});

const client = (changes: { clientSecret?: string; apiUrl?: string } = {}) =>
  new GitHubSignInClient({
    clientId: site.app.clientId,
    clientSecret: new Secret(changes.clientSecret ?? site.app.clientSecret),
    apiUrl: changes.apiUrl ?? site.apiUrl,
    userAgent: 'bellows/test',
    clock,
  });

async function codeFor(login: string, verifier = 'v'): Promise<Secret> {
  const page = client().authorizeUrl({ state: 's', challenge: challengeOf(verifier), redirectUri });
  const back = new URL(locationOf(await decide(new Browser(), page, login)));
  expect(back.searchParams.get('state')).toBe('s');
  return new Secret(back.searchParams.get('code') ?? '');
}
async function tokenFor(login: string) {
  const token = await client().redeem({ code: await codeFor(login), verifier: 'v', redirectUri });
  if (token === undefined) throw new Error('the code was not taken');
  return token;
}

describe('the web flow', () => {
  it('gives a token that tells who somebody is and what they belong to, where the App is installed', async () => {
    const { access } = await tokenFor('Ada');
    expect(await client().whoIs(access)).toEqual({
      id: github.world.state.accounts.get('ada')?.id,
      login: 'Ada',
      organizations: ['acme'],
      teams: ['acme/platform'],
    });
    github.setMembership({ organization: 'Acme', user: 'Ada' }, undefined);
    expect(await client().whoIs(access)).toMatchObject({ organizations: [], teams: [] });
  });

  it('takes a code once, for some minutes, and from whoever began', async () => {
    const code = await codeFor('Ada');
    const redeem = (what: Secret, verifier = 'v') => client().redeem({ code: what, verifier, redirectUri });
    expect(await redeem(code)).toBeDefined();
    expect(await redeem(code)).toBeUndefined();
    expect(await redeem(await codeFor('Ada'), 'guess')).toBeUndefined();
    const late = await codeFor('Ada');
    now = later(now, minutes(10));
    expect(await redeem(late)).toBeUndefined();
  });

  it('lists more organisations than fit on a page', async () => {
    for (let i = 0; i < 101; i++) {
      github.createOrganization(`org-${i}`);
      github.installApp(`org-${i}`);
      github.setMembership({ organization: `org-${i}`, user: 'Bob' }, 'active');
    }
    const { access } = await tokenFor('Bob');
    expect((await client().whoIs(access))?.organizations).toHaveLength(101);
  });

  it('is an error for operators when the client secret is wrong, and it is not quoted', async () => {
    const code = await codeFor('Ada');
    const asking = client({ clientSecret: 'wr0ng' }).redeem({ code, verifier: 'v', redirectUri });
    await expect(asking).rejects.toThrow('incorrect_client_credentials');
    await asking.catch((error: unknown) => expect(String(error)).not.toContain('wr0ng'));
  });

  it('is an error when GitHub is not there, or the App may not list members', async () => {
    const { access } = await tokenFor('Ada');
    const nowhere = client({ apiUrl: 'http://127.0.0.1:1/api/v3' }).whoIs(access);
    await expect(nowhere).rejects.toMatchObject({ kind: 'unavailable' });
    delete github.world.app.permissions.members;
    await expect(client().whoIs(access)).rejects.toBeInstanceOf(GitHubError);
  });
});

describe('a token', () => {
  it('ends after some hours and is renewed once with each refresh token', async () => {
    const token = await tokenFor('Ada');
    expect(token.expiresAt).toBe(later(now, hours(8)));
    const refresh = token.refresh ?? new Secret('');
    const next = await client().renew(refresh);
    expect(await client().whoIs(token.access)).toBeUndefined();
    expect(await client().whoIs(next?.access ?? new Secret(''))).toBeDefined();
    expect(await client().renew(refresh)).toBeUndefined();
    now = later(now, hours(8));
    expect(await client().whoIs(next?.access ?? new Secret(''))).toBeUndefined();
  });

  it('lives until it is revoked where the App has opted out of that', async () => {
    await site.close();
    await start({ userTokenMs: 0 });
    const token = await tokenFor('Ada');
    expect([token.expiresAt, token.refresh]).toEqual([undefined, undefined]);
    const ada = github.world.state.accounts.get('ada');
    if (ada) site.revokeTokensOf(ada);
    expect(await client().whoIs(token.access)).toBeUndefined();
  });
});

describe('the device flow', () => {
  const enter = (userCode: string, login: string) =>
    fetch(`${site.url}/login/device`, {
      method: 'POST',
      body: new URLSearchParams({ user_code: userCode, login }),
    });

  it('waits for the person, and slows down who asks too often', async () => {
    const { deviceCode, userCode, verificationUrl, intervalSeconds } = await client().startDevice();
    expect(verificationUrl).toBe(`${site.url}/login/device`);
    const poll = () => client().pollDevice(deviceCode);
    expect(await poll()).toEqual({ kind: 'pending', intervalSeconds: undefined });
    expect(await poll()).toEqual({ kind: 'pending', intervalSeconds: intervalSeconds + 5 });
    await enter(userCode, 'Ada');
    now = later(now, seconds(intervalSeconds + 5));
    const done = await poll();
    expect(done.kind === 'token' && (await client().whoIs(done.token.access))).toMatchObject({
      login: 'Ada',
    });
    expect(await poll()).toEqual({ kind: 'over', why: 'unknown' });
  });

  it('is over when the person says no, and after its time', async () => {
    const denied = await client().startDevice();
    await enter(denied.userCode, '');
    expect(await client().pollDevice(denied.deviceCode)).toEqual({ kind: 'over', why: 'denied' });
    const late = await client().startDevice();
    now = later(now, seconds(late.expiresInSeconds));
    expect((await enter(late.userCode, 'Ada')).status).toBe(422);
    expect(await client().pollDevice(late.deviceCode)).toEqual({ kind: 'over', why: 'expired' });
  });
});

it.each([
  ['https://api.github.com', 'https://github.com'],
  ['https://ghe.example/api/v3', 'https://ghe.example'],
])('people sign in for %s at %s', (apiUrl, where) => {
  expect(siteOf(apiUrl)).toBe(where);
});
