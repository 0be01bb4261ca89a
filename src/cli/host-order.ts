// `bellows host drain|disable|resume`: what an operator decides about a host, and the wait until it is empty.

import type { ApiClient, CallOf } from '../wire/api/endpoints.ts';
import type { ApiHost } from '../wire/api/hosts.ts';
import type { ApiVm } from '../wire/api/vms.ts';
import { age, timeOfDay } from './age.ts';
import { type Command, type Outcome, outcomeOf, type Terminal } from './outcome.ts';
import { table } from './table.ts';

export type HostOrder = NonNullable<CallOf<'orderHost'>['body']>['order'];

export interface HostOrderOptions {
  force?: boolean;
  /** Ends when the host is empty, and shows what still runs. */
  wait?: boolean;
  why?: string;
}

const lookAgainMs = 2_000;

export const orderHost =
  (order: HostOrder, host: string, { force = false, wait = false, why = '' }: HostOrderOptions): Command =>
  async (api, terminal) => {
    const body = { order, force, by: terminal.operator, why };
    const answer = await api.call('orderHost', { params: { host }, body });
    if (!answer.ok) return { ok: false, message: answer.problem.detail };
    const { forced } = answer.value;
    if (forced > 0) terminal.say(`${vmsText(forced)} ordered to be destroyed.`);
    if (!wait || order === 'resume') return told(answer.value.host, forced);
    const end = await untilEmpty(api, terminal, answer.value.host);
    return 'ok' in end ? end : told(end, forced);
  };

const told = (host: ApiHost, forced: number): Outcome => ({
  ok: true,
  json: { host, forced },
  text: sentence(host),
});

function sentence({ name, hold, vms }: ApiHost): string {
  if (hold === undefined) return `${name} is active: it is given new VMs.`;
  const held = hold.kind === 'draining' ? 'is being drained' : 'is disabled';
  return vms === 0
    ? `${name} ${held} and empty.`
    : `${name} ${held}: no new VMs; ${vmsText(vms)} still there.`;
}

const vmsText = (count: number): string => (count === 1 ? '1 VM is' : `${count} VMs are`);

/** The host once nothing holds room on it, or the outcome of a look that was refused. */
async function untilEmpty(api: ApiClient, terminal: Terminal, { id }: ApiHost): Promise<ApiHost | Outcome> {
  let said = '';
  for (;;) {
    const hosts = await api.call('listHosts');
    if (!hosts.ok) return { ok: false, message: hosts.problem.detail };
    const host = hosts.value.hosts.find((one) => one.id === id);
    if (host === undefined) return { ok: false, message: `${id} was removed meanwhile.` };
    if (host.vms === 0) return host;
    if (host.hold === undefined)
      return { ok: false, message: `${host.name} was taken back meanwhile: it is given new VMs again.` };
    const vms = await api.call('listVms', { query: { host: id, limit: 500 } });
    if (!vms.ok) return { ok: false, message: vms.problem.detail };
    const text = stillThere(host, vms.value.vms, vms.value.now);
    if (text !== said) terminal.say(text);
    said = text;
    await terminal.pause(lookAgainMs);
  }
}

function stillThere(host: ApiHost, vms: readonly ApiVm[], now: string): string {
  const left = vms.filter(({ state }) => state !== 'gone');
  const silent =
    host.state === 'silent' ? ` Its agent was last heard ${heard(host, now)}: it proves nothing gone.` : '';
  const each = left.map(
    ({ id, state, job, since }) =>
      `  ${id} ${state} since ${timeOfDay(since).slice(0, 8)}${job === undefined ? '' : `, job ${job}`}`,
  );
  return [`${sentence(host)}${silent}`, ...each].join('\n');
}

const heard = ({ lastHeardAt }: ApiHost, now: string): string =>
  lastHeardAt === undefined ? 'never' : `${age(lastHeardAt, now)} ago`;

/** `bellows host history` */
export const hostHistory =
  (host: string): Command =>
  async (api) =>
    outcomeOf(await api.call('hostEvents', { params: { host } }), (value) => ({
      ok: true,
      json: value,
      text:
        value.events.length === 0
          ? 'Nothing has happened.'
          : table(
              ['utc', 'event', 'details'],
              value.events.map(({ at, event, data }) => [
                at.slice(0, 19).replace('T', ' '),
                event,
                Object.entries(data)
                  .filter(([, what]) => what !== '')
                  .map(([name, what]) => `${name}=${typeof what === 'string' ? what : JSON.stringify(what)}`)
                  .join(' '),
              ]),
            ),
    }));
