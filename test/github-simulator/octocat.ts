// Somebody who calls the simulator's REST API as an App does, for tests.

import { createHash, createHmac, createSign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import {
  type SimGithubServer,
  type SimGithubServerOptions,
  startSimGithubServer,
} from '../../src/sim/github/http/server.ts';
import { newShellKeys } from '../../src/sim/github/http/shell.ts';
import { SimGithub, type SimGithubOptions } from '../../src/sim/github/sim-github.ts';
import { Browser, decide, locationOf } from '../support/browser.ts';

export interface Answered {
  status: number;
  headers: Headers;
  // Whatever the call gives: tests compare it as a whole.
  // biome-ignore lint/suspicious/noExplicitAny: a test reads into it
  body: any;
}

export interface ReceivedWebhook {
  event: string;
  guid: string;
  verified: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads into it
  payload: any;
}

export interface World extends AsyncDisposable {
  github: SimGithub;
  server: SimGithubServer;
  webhooks: ReceivedWebhook[];
  asApp(method: string, path: string, body?: unknown): Promise<Answered>;
  asInstallation(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answered>;
  /** With a token that a person made. */
  asPerson(login: string, path: string): Promise<Answered>;
  /** With the token of somebody who signed in to the App. */
  asSignedIn(login: string, path: string): Promise<Answered>;
}

const keys = newShellKeys();

/** The organisation `acme` with the repository `app`, the App installed, and a receiver for its webhooks. */
export async function simulatedGithub({
  runnerUrl,
  ...options
}: Partial<SimGithubOptions> & Pick<SimGithubServerOptions, 'runnerUrl'> = {}): Promise<World> {
  const github = new SimGithub({ clock: new SystemClock(), random: new SystemRandom(), ...options });
  github.createOrganization('acme');
  github.createRepository({ owner: 'acme', name: 'app' });
  github.installApp('acme');
  const webhooks: ReceivedWebhook[] = [];
  const receiver = await receive(webhooks, github.world.app.hook.secret);
  const server = await startSimGithubServer({
    github,
    keys,
    webhookUrl: receiver.url,
    ...(runnerUrl !== undefined && { runnerUrl }),
  });
  const call = async (token: string, method: string, path: string, body?: unknown, extra = {}) => {
    const response = await fetch(path.startsWith('http') ? path : `${server.apiUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...extra },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const asApp = (method: string, path: string, body?: unknown) =>
    call(appJwt(server.app), method, path, body);
  let token: string | undefined;
  return {
    github,
    server,
    webhooks,
    asApp,
    async asInstallation(method, path, body, headers) {
      if (token === undefined) {
        const { body: installations } = await asApp('GET', '/app/installations');
        const issued = await asApp('POST', `/app/installations/${installations[0].id}/access_tokens`);
        token = String(issued.body.token);
      }
      return call(token, method, path, body, headers);
    },
    asPerson: (login, path) => call(server.makePersonalToken({ login }), 'GET', path),
    asSignedIn: async (login, path) => call(await signIn(server, login), 'GET', path),
    async [Symbol.asyncDispose]() {
      github.close();
      await server.close();
      await receiver.close();
    },
  };
}

/** The web flow of an App's sign-in, to the user's token. */
async function signIn({ app, url }: SimGithubServer, login: string): Promise<string> {
  const [verifier, redirectUri] = ['v', 'http://127.0.0.1:1/back'];
  const page = new URLSearchParams({
    client_id: app.clientId,
    redirect_uri: redirectUri,
    state: 's',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const back = locationOf(await decide(new Browser(), `${url}/login/oauth/authorize?${page}`, login));
  const form = new URLSearchParams({
    client_id: app.clientId,
    client_secret: app.clientSecret,
    code: new URL(back).searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: redirectUri,
  });
  const headers = { accept: 'application/json' };
  const answer = await fetch(`${url}/login/oauth/access_token`, { method: 'POST', headers, body: form });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

export function appJwt(
  { id, privateKey }: SimGithubServer['app'],
  claims: Record<string, unknown> = {},
): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: now - 60, exp: now + 540, iss: id, ...claims })}`;
  return `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}`;
}

async function receive(webhooks: ReceivedWebhook[], secret: string) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
      webhooks.push({
        event: String(request.headers['x-github-event']),
        guid: String(request.headers['x-github-delivery']),
        verified: request.headers['x-hub-signature-256'] === signature,
        payload: JSON.parse(body.toString('utf8')),
      });
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhook`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Waits until the condition holds; fails with its name when it does not in time. */
export async function until(name: string, holds: () => boolean, limitMs = 60_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`not in time: ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
