import { describe, expect, it } from 'vitest';
import { noCredentials, noGitHub } from '../../test/support/no-credentials.ts';
import { answered, refused } from '../wire/api/endpoint.ts';
import type { ApiClient } from '../wire/api/endpoints.ts';
import type { ApiHost } from '../wire/api/hosts.ts';
import { hostHistory, orderHost } from './host-order.ts';
import type { Outcome } from './outcome.ts';

const now = '2026-01-01T12:00:00.000Z';
const rack: ApiHost = {
  id: 'host-1',
  name: 'rack',
  state: 'online',
  owners: [],
  vms: 2,
  usedMilliCpus: 0,
  usedMemoryMib: 0,
  enrolledAt: now,
};
const drained = (vms: number, over: Partial<ApiHost> = {}): ApiHost => ({
  ...rack,
  hold: { kind: 'draining', by: 'ada', why: '', since: now },
  vms,
  ...over,
});
const busy = { id: 'vm-1', state: 'busy', job: 11, since: now };

/** A control plane that shows these hosts, one look after the other; gives what was asked and shown. */
function desk(looks: readonly ApiHost[], order: unknown = answered({ host: looks[0], forced: 0 })) {
  const asked: unknown[] = [];
  const said: string[] = [];
  let look = 0;
  const api: ApiClient = {
    async call(name, request) {
      asked.push([name, request]);
      if (name === 'orderHost') return order as never;
      if (name === 'hostEvents') return order as never;
      if (name === 'listVms')
        return answered({ now, vms: [busy, { ...busy, id: 'vm-0', state: 'gone' }] }) as never;
      const host = looks[Math.min(look, looks.length - 1)];
      look += 1;
      return answered({ now, image: '', hosts: host === undefined ? [] : [host] }) as never;
    },
  };
  const terminal = {
    operator: 'ada@desk',
    say: (text: string) => void said.push(text),
    pause: () => Promise.resolve(),
    credentials: noCredentials,
    github: noGitHub,
  };
  return { api, terminal, asked, said };
}
const textOf = (outcome: Outcome): string => (outcome.ok ? outcome.text : outcome.message);

describe('bellows host drain', () => {
  it('says who gave the order and why, and what is still there', async () => {
    const { api, terminal, asked } = desk([drained(2)]);
    const outcome = await orderHost('drain', 'rack', { why: 'a new disk' })(api, terminal);
    expect(asked).toEqual([
      [
        'orderHost',
        {
          params: { host: 'rack' },
          body: { order: 'drain', force: false, by: 'ada@desk', why: 'a new disk' },
        },
      ],
    ]);
    expect(textOf(outcome)).toBe('rack is being drained: no new VMs; 2 VMs are still there.');
  });

  it('waits until the host is empty, and shows what still runs when that has changed', async () => {
    const { api, terminal, said } = desk([drained(2), drained(2), drained(1), drained(0)]);
    const outcome = await orderHost('drain', 'rack', { wait: true })(api, terminal);
    expect(textOf(outcome)).toBe('rack is being drained and empty.');
    expect(said).toEqual([
      'rack is being drained: no new VMs; 2 VMs are still there.\n  vm-1 busy since 12:00:00, job 11',
      'rack is being drained: no new VMs; 1 VM is still there.\n  vm-1 busy since 12:00:00, job 11',
    ]);
  });

  it('says of a silent host that it cannot be waited for', async () => {
    const dark = drained(1, { state: 'silent', lastHeardAt: '2026-01-01T11:50:00.000Z' });
    const { api, terminal, said } = desk([dark, drained(0)]);
    await orderHost('drain', 'rack', { wait: true })(api, terminal);
    expect(said[0]).toContain('Its agent was last heard 10 min ago');
  });

  it('stops waiting when somebody takes the host back, or removes it', async () => {
    const back = desk([drained(1), rack]);
    expect(await orderHost('drain', 'rack', { wait: true })(back.api, back.terminal)).toMatchObject({
      ok: false,
      message: expect.stringContaining('taken back'),
    });
    const gone = desk([], answered({ host: drained(1), forced: 0 }));
    expect(await orderHost('disable', 'rack', { wait: true })(gone.api, gone.terminal)).toMatchObject({
      ok: false,
      message: expect.stringContaining('removed'),
    });
  });

  it('tells how many VMs force destroys, and a refusal as it came', async () => {
    const { api, terminal, said } = desk([], answered({ host: drained(0), forced: 3 }));
    await orderHost('drain', 'rack', { force: true })(api, terminal);
    expect(said).toEqual(['3 VMs are ordered to be destroyed.']);
    const no = desk([], refused(404, 'No such host', 'No host is called x.'));
    expect(textOf(await orderHost('drain', 'x', {})(no.api, no.terminal))).toBe('No host is called x.');
  });
});

it('bellows host resume does not wait', async () => {
  const { api, terminal } = desk([rack]);
  expect(textOf(await orderHost('resume', 'rack', { wait: true })(api, terminal))).toBe(
    'rack is active: it is given new VMs.',
  );
});

it('bellows host history tells who decided what', async () => {
  const events = [{ at: now, subject: 'rack', event: 'draining', data: { by: 'ada', why: '', forced: 2 } }];
  const { api, terminal } = desk([], answered({ host: 'host-1', events }));
  expect(textOf(await hostHistory('rack')(api, terminal))).toMatch(
    /2026-01-01 12:00:00 +draining +by=ada forced=2$/,
  );
});
