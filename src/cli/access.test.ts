import { Command as Commander } from 'commander';
import { describe, expect, it } from 'vitest';
import { noCredentials, noGitHub } from '../../test/support/no-credentials.ts';
import { type ApiAnswer, answered, refused } from '../wire/api/endpoint.ts';
import { addAccessCommands } from './access-program.ts';
import { login } from './login.ts';
import type { Outcome } from './outcome.ts';

const now = '2026-01-02T00:00:00.000Z';
const token = {
  id: 'token-1',
  name: 'deploys',
  scopes: ['read'],
  owners: [],
  createdBy: 'ada',
  createdAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-02-01T00:00:00.000Z',
};

async function type(words: readonly string[], answer: ApiAnswer<unknown>) {
  const asked: unknown[] = [];
  let outcome: Outcome | undefined;
  const program = new Commander().exitOverride();
  addAccessCommands(program, async (command) => {
    outcome = await command(
      {
        async call(name, request) {
          asked.push([name, request]);
          return answer as never;
        },
      },
      {
        operator: 'ada@desk',
        say: () => {},
        pause: () => Promise.resolve(),
        credentials: noCredentials,
        github: noGitHub,
      },
    );
  });
  await program.parseAsync(words, { from: 'user' });
  if (outcome === undefined) throw new Error('no command was run');
  return { asked, text: outcome.ok ? outcome.text : outcome.message };
}

describe('bellows login', () => {
  const begun = {
    deviceCode: 'd',
    userCode: 'AB-CD',
    url: 'https://x',
    intervalSeconds: 5,
    expiresInSeconds: 60,
  };
  async function loginWith(...polls: ApiAnswer<unknown>[]) {
    const pauses: number[] = [];
    const kept: string[] = [];
    const api = {
      call: async (name: string) =>
        (name === 'startDeviceSignIn'
          ? answered(begun)
          : (polls.shift() ?? answered({ state: 'pending' }))) as never,
    };
    const outcome = await login()(api, {
      operator: 'ada@desk',
      say: () => {},
      pause: async (ms) => void pauses.push(ms),
      credentials: { ...noCredentials, keep: async (session) => `file ${kept.push(session)}` },
      github: noGitHub,
    });
    return { outcome, pauses, kept };
  }

  it('waits as it is told to, and keeps the session', async () => {
    const slower = answered({ state: 'pending', intervalSeconds: 10 });
    const done = answered({ state: 'signed-in', session: 's', login: 'ada', expiresAt: now });
    const { outcome, pauses, kept } = await loginWith(answered({ state: 'pending' }), slower, done);
    expect(outcome).toEqual({
      ok: true,
      json: { login: 'ada', expiresAt: now, file: 'file 1' },
      text: expect.stringContaining('signed in as ada'),
    });
    expect([pauses, kept]).toEqual([[5_000, 5_000, 10_000], ['s']]);
  });

  it('ends when it is refused, and when nobody enters the code', async () => {
    const denied = await loginWith(refused(403, 'Not signed in', 'You said no at GitHub.'));
    expect(denied.outcome).toEqual({ ok: false, message: 'You said no at GitHub.' });
    const { outcome, pauses } = await loginWith();
    expect(outcome).toMatchObject({ ok: false, message: expect.stringContaining('in time') });
    expect(pauses).toHaveLength(12);
  });
});

describe('bellows whoami', () => {
  it('tells what one sees and may, and no CSRF token', async () => {
    const me = { kind: 'person', name: 'ada', accounts: ['acme', 'ada'], mayOperate: false, csrfToken: 'c' };
    const { text } = await type(['whoami'], answered(me));
    expect(text).toBe('You are ada. You see acme, ada. You may only look.');
  });
});

describe('bellows token', () => {
  it('makes one that may read, and shows it this once', async () => {
    const made = answered({ ...token, token: 'bellows_api_x' });
    const { asked, text } = await type(['token', 'create', 'deploys'], made);
    expect(asked).toEqual([
      ['makeToken', { body: { name: 'deploys', scopes: ['read'], owners: undefined, validForDays: 90 } }],
    ]);
    expect(text.split('\n')[0]).toBe('bellows_api_x');
    expect(text).toContain('bellows token revoke token-1');
  });

  it('makes one for some accounts, that may operate', async () => {
    const words = ['token', 'create', 'x', '--scope', 'read', 'operate', '--owner', 'acme', '--days', '7'];
    const { asked } = await type(words, answered({ ...token, token: 't' }));
    expect(asked).toMatchObject([
      ['makeToken', { body: { scopes: ['read', 'operate'], owners: ['acme'], validForDays: 7 } }],
    ]);
  });

  it('tells of each how long it is good', async () => {
    const tokens = [
      token,
      { ...token, id: 'token-2', expiresAt: '2026-01-01T00:00:00.000Z' },
      { ...token, id: 'token-3', revokedAt: '2026-01-01T12:00:00.000Z' },
    ];
    const { text } = await type(['token', 'list'], answered({ now, tokens }));
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^ID +NAME +SCOPES +ACCOUNTS +MADE BY +AGO +STATE$/),
      expect.stringMatching(/^token-1 +deploys +read +all +ada +24 h|1 d +good until 2026-02-01/),
      expect.stringMatching(/^token-2 .*run out$/),
      expect.stringMatching(/^token-3 .*revoked 2026-01-01T12/),
    ]);
  });

  it('revokes one', async () => {
    const done = answered({ id: 'token-1', revokedAt: now });
    const { asked, text } = await type(['token', 'revoke', 'token-1'], done);
    expect(asked).toEqual([['revokeToken', { params: { token: 'token-1' } }]]);
    expect(text).toBe('token-1 is revoked.');
  });

  it('passes on a refusal', async () => {
    const no = refused(404, 'No such token', 'You have no valid token x.');
    expect((await type(['token', 'revoke', 'x'], no)).text).toBe('You have no valid token x.');
  });
});

describe('bellows audit', () => {
  it('tells who did what, and that some got no answer', async () => {
    const line = { number: 7, at: now, by: 'ada', from: '::1', action: 'orderHost', data: { host: 'rack' } };
    const lines = [line, { ...line, number: 6, status: 200 }];
    const { asked, text } = await type(
      ['audit', '--by', 'ada', '--limit', '2'],
      answered({ now, lines, next: 6 }),
    );
    expect(asked).toEqual([['listAudit', { query: { by: 'ada', limit: 2 } }]]);
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^AGO +WHO +FROM +WHAT +ANSWER +DETAILS$/),
      expect.stringMatching(/^0 s +ada +::1 +orderHost +none +host=rack$/),
      expect.stringMatching(/orderHost +200 /),
      '',
      'There are more: --before 6',
    ]);
  });
});
