// HTTP as the runner needs it: JSON in and out, a bearer token, a few retries where a proxy failed.

import { setTimeout as delay } from 'node:timers/promises';
import { type Json, parse } from './json.ts';

export interface Reply {
  status: number;
  body: Json;
}

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  token?: string | undefined;
  json?: unknown;
  /** A body that is no JSON, with its headers. */
  raw?: { body: string; headers: Record<string, string> };
  signal?: AbortSignal;
}

const timeoutMs = 100_000;
const gatewayFailures = [502, 503, 504];

/** @throws when the server cannot be reached. Any answer that it gives is given back. */
export async function send(call: Call, retries = 3): Promise<Reply> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(call.url, {
    method: call.method,
    headers: {
      accept: 'application/json',
      'user-agent': 'GitHubActionsRunner-linux-x64/2.336.0 BellowsSimRunner/1',
      ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
      ...(call.json === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
      ...call.raw?.headers,
    },
    signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
    ...(call.json === undefined ? {} : { body: JSON.stringify(call.json) }),
    ...(call.raw === undefined ? {} : { body: call.raw.body }),
  });
  const body = await response.text();
  if (gatewayFailures.includes(response.status) && retries > 0) {
    await delay(1000, undefined, call.signal ? { signal: call.signal } : {});
    return send(call, retries - 1);
  }
  return { status: response.status, body: parse(body) };
}

export const isOk = ({ status }: Reply): boolean => status >= 200 && status < 300;
