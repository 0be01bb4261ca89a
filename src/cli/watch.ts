// Shows a command's outcome again whenever what it shows has changed: by the stream of the control plane, or every few seconds
// where no stream is to be had.

import { type ApiClient, ApiUnreachableError } from '../wire/api/endpoints.ts';
import type { LiveClient, LiveTopic } from '../wire/api/live.ts';
import type { Command, Outcome, Terminal } from './outcome.ts';

const pollMs = 5_000;

export interface Watching {
  topics: readonly LiveTopic[];
  show(outcome: Outcome): void;
  /** Ends it. */
  stopping: AbortSignal;
}

/** Goes on until it is told to stop, also while the control plane is away. */
export async function watch(
  command: Command,
  api: ApiClient & LiveClient,
  terminal: Terminal,
  { topics, show, stopping }: Watching,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      for await (const _news of api.changes(topics, stopping)) show(await command(api, terminal));
      if (!stopping.aborted) show(await command(api, terminal));
    } catch (error) {
      if (stopping.aborted) return;
      if (!(error instanceof ApiUnreachableError)) throw error;
      show({ ok: false, message: error.message });
    }
    if (!stopping.aborted) await terminal.pause(pollMs);
  }
}
