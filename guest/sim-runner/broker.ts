// The broker and the run service, as far as the listener calls them (actions/runner: BrokerMessageListener.cs).

import { hostname } from 'node:os';
import type { Credentials } from './credentials.ts';
import { type Call, isOk, type Reply, send } from './http.ts';
import type { JitConfiguration } from './jit-configuration.ts';
import { type Json, parse, record, text } from './json.ts';

export const runnerVersion = '2.336.0';

export interface Message {
  type: string;
  body: Json;
}

export type Polled =
  | { kind: 'message'; message: Message }
  | { kind: 'nothing' }
  /** The registration was deleted, or GitHub evicted an idle runner. */
  | { kind: 'runner-gone' }
  | { kind: 'refused'; status: number; reason: string };

export class Broker {
  readonly #configuration: JitConfiguration;
  readonly #credentials: Credentials;
  #sessionId = '';

  constructor(configuration: JitConfiguration, credentials: Credentials) {
    this.#configuration = configuration;
    this.#credentials = credentials;
  }

  /** 2xx, or the status with which the session was refused. @throws when the broker cannot be reached */
  async openSession(): Promise<number> {
    const { agentId, agentName } = this.#configuration;
    const agent = { id: Number(agentId), name: agentName, version: runnerVersion, osDescription: 'Linux' };
    const reply = await this.#call({
      method: 'POST',
      url: this.#url('session'),
      json: {
        sessionId: '00000000-0000-0000-0000-000000000000',
        ownerName: `${hostname()} (PID: ${process.pid})`,
        agent,
        useFipsEncryption: false,
      },
    });
    this.#sessionId = text(reply.body.sessionId);
    return reply.status;
  }

  async closeSession(): Promise<void> {
    await this.#call({ method: 'DELETE', url: this.#url('session') });
  }

  /** Held by the broker for up to 50 s. @throws when the broker cannot be reached or `signal` aborts */
  async poll(status: 'Online' | 'Busy', signal: AbortSignal): Promise<Polled> {
    const query = this.#query(status);
    const reply = await this.#call({ method: 'GET', url: `${this.#url('message')}?${query}`, signal });
    const { messageType, body, errorKind } = reply.body;
    if (errorKind === 'RunnerNotFound') return { kind: 'runner-gone' };
    if (!isOk(reply)) {
      return {
        kind: 'refused',
        status: reply.status,
        reason: text(reply.body.errorMessage, text(errorKind)),
      };
    }
    if (messageType === undefined) return { kind: 'nothing' };
    return { kind: 'message', message: { type: text(messageType), body: parse(text(body)) } };
  }

  /** False when GitHub says that the job is not ours any more; any other failure is ignored, as the real runner does. */
  async acknowledge(offer: Json): Promise<boolean> {
    if (offer.should_acknowledge !== true) return true;
    const url = `${this.#url('acknowledge')}?${this.#query('Busy')}`;
    const json = { runnerRequestId: offer.runner_request_id };
    try {
      const reply = await this.#call({ method: 'POST', url, json, signal: AbortSignal.timeout(5000) });
      return reply.body.errorKind !== 'AcknowledgeJobNotFound';
    } catch {
      // The job itself will tell whether it is still ours.
      return true;
    }
  }

  async acquire(offer: Json): Promise<Reply> {
    const url = new URL('acquirejob', text(offer.run_service_url)).href;
    const json = {
      jobMessageId: offer.runner_request_id,
      runnerOS: 'Linux',
      billingOwnerId: offer.billing_owner_id,
    };
    return this.#call({ method: 'POST', url, json });
  }

  #url(path: string): string {
    return new URL(path, this.#configuration.brokerUrl).href;
  }

  #query(status: string): string {
    return new URLSearchParams({
      sessionId: this.#sessionId,
      status,
      runnerVersion,
      os: 'Linux',
      architecture: process.arch === 'arm64' ? 'ARM64' : 'X64',
      disableUpdate: String(this.#configuration.disableUpdate),
    }).toString();
  }

  /** With one new token when the old one is refused. */
  async #call(call: Call): Promise<Reply> {
    const first = await send({ ...call, token: await this.#credentials.token() });
    if (first.status !== 401) return first;
    this.#credentials.forget();
    return send({ ...call, token: await this.#credentials.token() });
  }
}

export const isRunServiceRefusal = ({ body }: Reply): boolean =>
  record(body).source === 'actions-run-service';
