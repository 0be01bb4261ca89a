// Firecracker's API: HTTP over a Unix socket, one request after the other, of which it answers 204 to what it did and 400
// with `fault_message` to what it did not. It takes ten connections and does not understand chunked bodies, so there is one
// connection, and every body has its length (firecracker/src/firecracker/src/api_server, and micro-http/src/server.rs).

import { Agent, type IncomingMessage, request } from 'node:http';
import type { Clock } from '../../ports/clock.ts';
import type { ApiRequest } from './api-requests.ts';
import type { HostPath } from './jail.ts';
import { openSocketFile, type SocketFile } from './jail-socket.ts';

/** Answers are a few lines; a VMM that its guest has taken over could send more. */
const longestAnswer = 64 * 1024;

/** Firecracker did not do what it was asked; the message holds its own word. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
}

export class ApiClient {
  readonly #file: SocketFile;
  readonly #clock: Clock;
  readonly #answerMs: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(file: SocketFile, clock: Clock, answerMs: number) {
    this.#file = file;
    this.#clock = clock;
    this.#answerMs = answerMs;
  }

  /** @throws ENOENT when the socket is not there yet. */
  static async open(path: HostPath, clock: Clock, answerMs: number): Promise<ApiClient> {
    return new ApiClient(await openSocketFile(path), clock, answerMs);
  }

  /**
   * @returns the answer's JSON; undefined when it has none.
   * @throws ApiRefusal; what the system says when there is no connection; an error when there is no answer in time.
   */
  async call({ method, path, body }: ApiRequest): Promise<unknown> {
    const answered = new AbortController();
    const late = new AbortController();
    const wait = this.#clock.sleep(this.#answerMs, answered.signal).then(
      () => late.abort(new Error(`no answer to ${method} ${path} in ${this.#answerMs / 1000} s`)),
      // Answered in time.
      () => undefined,
    );
    try {
      const { status, text } = await this.#send(method, path, body, late.signal);
      if (status === 200 && text !== '') return JSON.parse(text);
      if (status < 300) return undefined;
      throw new ApiRefusal(`${method} ${path}: ${faultIn(text) ?? `status ${status}`}`);
    } catch (error) {
      late.signal.throwIfAborted();
      throw error;
    } finally {
      answered.abort();
      await wait;
    }
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#file.close();
  }

  #send(
    method: string,
    path: string,
    body: ApiRequest['body'],
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      Accept: 'application/json',
      ...(sent === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': sent.length }),
    };
    return new Promise((resolve, reject) => {
      const call = request({
        socketPath: this.#file.path,
        agent: this.#agent,
        method,
        path,
        headers,
        signal,
      });
      call.once('error', reject);
      call.once('response', (response) => {
        textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
      });
      call.end(sent);
    });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestAnswer) throw new Error('an answer of Firecracker is too long to be one');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function faultIn(text: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const fault: unknown =
      typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'fault_message') : undefined;
    return typeof fault === 'string' ? fault.slice(0, 1000) : undefined;
  } catch {
    // Not its own answer; the status is all there is to tell.
    return undefined;
  }
}
