import type { GitHubHistory, MayWait } from '../ports/github-history.ts';
import type { ApiAnswer } from '../wire/api/endpoint.ts';
import type { ApiClient } from '../wire/api/endpoints.ts';
import type { LiveTopic } from '../wire/api/live.ts';

/** What a command found out: for people as text, for programs as an object. */
export type Outcome =
  | { ok: true; text: string; json: Readonly<Record<string, unknown>> }
  /** `message` says what to do. `json` is there when there is something to report besides. */
  | { ok: false; message: string; json?: Readonly<Record<string, unknown>> };

/** What `bellows login` keeps for one control plane. */
export interface Credentials {
  /** Gives the file. */
  keep(session: string): Promise<string>;
  /** A client that calls with what is kept; undefined when nothing is. */
  client(): Promise<ApiClient | undefined>;
  forget(): Promise<void>;
}

/** Where a command is run, for those that take their time or are written down with who gave them. */
export interface Terminal {
  /** Who types, as `user@machine`. */
  operator: string;
  /** Shows how far it is, beside the outcome. */
  say(text: string): void;
  /** Ends early when `stopping` tells. */
  pause(ms: number, stopping?: AbortSignal): Promise<void>;
  credentials: Credentials;
  /** GitHub itself, past the control plane, with the token in `tokenFile` or the environment's. @throws when there is none. */
  github(options: { tokenFile?: string; mayWait: MayWait }): Promise<GitHubHistory>;
}

/** A command over our API. Throws only what the client throws. */
export type Command = (api: ApiClient, terminal: Terminal) => Promise<Outcome>;

export interface RunOptions {
  json?: boolean;
  /** Shows it again whenever one of these changes, until it is told to stop. */
  watch?: readonly LiveTopic[];
}

/** Runs a command and shows its outcome. */
export type Run = (command: Command, options: RunOptions) => Promise<void>;

/** The outcome of one call: `show` is asked when it went well. */
export const outcomeOf = <T>(answer: ApiAnswer<T>, show: (value: T) => Outcome): Outcome =>
  answer.ok ? show(answer.value) : { ok: false, message: answer.problem.detail };
