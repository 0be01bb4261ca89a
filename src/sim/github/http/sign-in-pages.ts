// GitHub's pages and calls for signing in with the App. There are no passwords here: whoever opens a page says who they are.

import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Account } from '../state.ts';
import { record } from './rest.ts';
import type { Shell } from './shell.ts';
import type { TokenReply } from './user-tokens.ts';

type Fields = Readonly<Record<string, string | undefined>>;

export function addSignInPages(server: FastifyInstance, shell: Shell): void {
  const { userTokens, world } = shell;
  const users = (): Account[] => [...world.state.accounts.values()].filter(({ kind }) => kind === 'User');
  const userOf = ({ login }: Fields): Account | undefined =>
    users().find((one) => one.login.toLowerCase() === login?.toLowerCase());
  const isOurs = ({ client_id, redirect_uri }: Fields): boolean => {
    const { id, callbackUrl } = userTokens.client;
    return (
      client_id === id &&
      URL.canParse(redirect_uri ?? '') &&
      (redirect_uri ?? '').startsWith(callbackUrl ?? '')
    );
  };

  server.get('/login/oauth/authorize', (request, reply) => {
    const fields = fieldsOf(request.query);
    if (!isOurs(fields)) return reply.code(404).send('Not Found');
    return page(reply, 'Authorize Bellows', forms('/login/oauth/authorize', users(), fields, ''));
  });
  server.post('/login/oauth/authorize', (request, reply) => {
    const fields = fieldsOf(request.body);
    if (!isOurs(fields)) return reply.code(404).send('Not Found');
    const back = new URL(fields.redirect_uri ?? '');
    if (fields.state !== undefined) back.searchParams.set('state', fields.state);
    const user = userOf(fields);
    if (user === undefined) back.searchParams.set('error', 'access_denied');
    else {
      const request = { redirectUri: fields.redirect_uri ?? '', challenge: fields.code_challenge };
      back.searchParams.set('code', userTokens.grantWeb(request, user));
    }
    return reply.redirect(back.href);
  });
  server.get('/login/device', (request, reply) => {
    const field = '<p><input name="user_code" aria-label="Code" placeholder="XXXX-XXXX"></p>';
    return page(reply, 'Device activation', forms('/login/device', users(), fieldsOf(request.query), field));
  });
  server.post('/login/device', (request, reply) => {
    const fields = fieldsOf(request.body);
    const isKnown = userTokens.answerDevice(fields.user_code ?? '', userOf(fields));
    if (!isKnown) return page(reply.code(422), 'Device activation', '<p>No device waits with this code.</p>');
    return page(reply, 'Device activation', '<p>Your device is connected, or was told that it is not.</p>');
  });
  server.post('/login/device/code', (request, reply) => {
    const isKnown = fieldsOf(request.body).client_id === userTokens.client.id;
    if (!isKnown) return reply.code(404).send({ error: 'Not Found' });
    return tell(reply, request.headers.accept, userTokens.startDevice());
  });
  server.post('/login/oauth/access_token', (request, reply) =>
    tell(reply, request.headers.accept, userTokens.exchange(fieldsOf(request.body))),
  );
}

/** JSON or a form, as it came: the server keeps forms as text. */
const fieldsOf = (sent: unknown): Fields =>
  typeof sent === 'string'
    ? Object.fromEntries(new URLSearchParams(sent))
    : Object.fromEntries(Object.entries(record(sent)).map(([name, value]) => [name, String(value)]));

/** A form, unless JSON was asked for. */
function tell(reply: FastifyReply, accept: string | undefined, told: TokenReply): FastifyReply {
  if (accept?.includes('json')) return reply.send(told);
  const fields = Object.entries(told).map(([name, value]): [string, string] => [name, String(value)]);
  return reply.type('application/x-www-form-urlencoded').send(new URLSearchParams(fields).toString());
}

/** One form in which each button is a person. */
function forms(action: string, users: readonly Account[], fields: Fields, more: string): string {
  const hidden = Object.entries(fields)
    .filter(([name]) => name !== 'login')
    .map(([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value ?? '')}">`);
  const buttons = users.map(
    ({ login }) => `<button name="login" value="${escaped(login)}">As ${escaped(login)}</button>`,
  );
  const cancel = '<button name="login" value="">Cancel</button>';
  return `<form method="post" action="${action}">${more}${[...hidden, ...buttons, cancel].join('\n')}</form>`;
}

const page = (reply: FastifyReply, title: string, body: string): FastifyReply =>
  reply
    .type('text/html; charset=utf-8')
    .send(`<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>${body}</html>`);

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
