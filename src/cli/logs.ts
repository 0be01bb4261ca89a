import { type Command, outcomeOf } from './outcome.ts';

/** `bellows logs <vm>` */
export const logs =
  (vm: string, lines: number): Command =>
  async (api) =>
    outcomeOf(await api.call('vmLog', { params: { vm }, query: { lines } }), (value) => ({
      ok: true,
      json: value,
      text: value.lines.join('\n'),
    }));
