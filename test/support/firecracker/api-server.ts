// The stand-in's API: the rules of the transport, then the description, then the state, then the machine.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { DescribedApi, type Description } from './description.ts';
import type { Machine } from './machine.ts';
import type { Faults } from './settings.ts';
import { limits, notAfter, notBefore, stateRules } from './state-rules.ts';

export interface ApiOptions {
  description: Description;
  machine: Machine;
  faults: Faults;
  version: string;
  id: string;
  /** Every request is logged with its body, at Info: no secret may be in one (src/firecracker/src/api_server/parsed_request.rs). */
  log(line: string): void;
  die(how: number | NodeJS.Signals): void;
}

interface Answer {
  status: number;
  body?: unknown;
}

const refusal = (fault: string, status = 400): Answer => ({ status, body: { fault_message: fault } });

/** Listens at `path`, which must not be there. Rejects when it is: Firecracker does not take an old socket away. */
export function serveApi(path: string, options: ApiOptions): Promise<void> {
  const api = new DescribedApi(options.description);
  // One thread: the next request is looked at when this one is answered.
  let before: Promise<unknown> = Promise.resolve();
  const server = createServer((request, response) => {
    before = before.then(() => serve(request, response, api, options)).catch(() => response.destroy());
  });
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    if (open.size <= limits.connections) return;
    socket.end('HTTP/1.1 503 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  server.keepAliveTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve());
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  api: DescribedApi,
  options: ApiOptions,
): Promise<void> {
  const { method = '', url = '' } = request;
  // Only a length makes a body; a chunked one is not read (micro-http, src/headers.rs).
  const length = Number(request.headers['content-length'] ?? 0);
  const text = await bodyOf(request, length);
  options.log(
    `The API server received a ${method} request on "${url}"${text === '' ? '.' : ` with body "${text}".`}`,
  );
  const call = `${method} ${api.template(method, url) ?? url}`;
  const { faults } = options;
  if (faults.hangsAt === call) return new Promise(() => undefined);
  if (faults.diesAt?.call === call) options.die(faults.diesAt.how);
  const answer =
    length > limits.bodyBytes
      ? refusal('Payload too large.', 413)
      : await answerTo({ call, method, url, text }, api, options);
  if (answer.status >= 400)
    options.log(`Received Error. Status code: ${answer.status}. Message: ${JSON.stringify(answer.body)}`);
  const sent = answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    Server: 'Firecracker API',
    ...(sent === '' ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(sent) }),
  });
  response.end(sent);
}

async function bodyOf(request: IncomingMessage, length: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).subarray(0, Math.min(length, limits.bodyBytes)).toString('utf8');
}

async function answerTo(
  { call, method, url, text }: { call: string; method: string; url: string; text: string },
  api: DescribedApi,
  { machine, faults, version, id }: ApiOptions,
): Promise<Answer> {
  if (faults.refuses?.call === call) return refusal(faults.refuses.fault);
  if (method === 'GET' && text !== '') return refusal('GET request cannot have a body.');
  if (method !== 'GET' && text === '') return refusal(`Empty ${method} request.`);
  const body = method === 'GET' ? undefined : parsed(text);
  if (body === unreadable)
    return refusal('An error occurred when deserializing the json body of a request: no JSON.');
  const named = url.split('/')[2];
  const hasId = /\{/.test(call);
  if (hasId && (named === undefined || !limits.pathId.test(named)))
    return refusal('The ID cannot be empty or hold other signs.');
  const problem = api.problem(method, url, body);
  if (problem !== undefined) return refusal(problem);
  if (hasId && !ownsId(body, named))
    return refusal('The id from the path does not match the id from the body!');
  const rule = stateRules.find(({ calls }) => calls.includes(call));
  if (rule === undefined) return refusal(`the stand-in has no rule for ${call}`);
  if (rule.when === 'before' && machine.state === 'Running') return refusal(notAfter);
  if (rule.when === 'after' && machine.state !== 'Running') return refusal(notBefore);
  if (call === 'GET /version')
    return { status: 200, body: { firecracker_version: faults.apiVersion ?? version } };
  if (call === 'GET /')
    return { status: 200, body: { id, state: machine.state, vmm_version: version, app_name: 'Firecracker' } };
  try {
    await machine.act(call, isRecord(body) ? body : {});
    return { status: 204 };
  } catch (error) {
    return refusal(error instanceof Error ? error.message : String(error));
  }
}

const unreadable = Symbol('no JSON');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return unreadable;
  }
}

function ownsId(body: unknown, id: string | undefined): boolean {
  return isRecord(body) && [body.drive_id, body.iface_id, body.id].includes(id);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
