import type { CallOf } from '../wire/api/endpoints.ts';
import { type Command, outcomeOf } from './outcome.ts';

export type LogQuery = NonNullable<CallOf<'vmLog'>['query']>;

/** `bellows logs <vm>` */
export const logs =
  (vm: string, query: LogQuery): Command =>
  async (api) =>
    outcomeOf(await api.call('vmLog', { params: { vm }, query }), (value) => ({
      ok: true,
      json: value,
      text: value.lines.length === 0 ? nothing : value.lines.join('\n'),
    }));

const nothing =
  'Nothing: it printed nothing then, or its host keeps it no longer (docs/hosts.md, "Where are the logs of a VM?").';
