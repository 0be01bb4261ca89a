import type { LogQuery } from './logs.ts';
import { type Command, outcomeOf } from './outcome.ts';

/** `bellows agent-logs <host>` */
export const agentLogs =
  (host: string, query: LogQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('hostLog', { params: { host }, query }), (value) => ({
      ok: true,
      json: value,
      text: value.lines.length === 0 ? nothing : value.lines.join('\n'),
    }));

const nothing =
  'Nothing: the agent has logged nothing then since it started. What came before is in the journal of its host: `journalctl -u bellows-agent`.';
