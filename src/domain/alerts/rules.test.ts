import { describe, expect, it } from 'vitest';
import type { Incident } from '../attribution/incident.ts';
import {
  aHost,
  at,
  hostA,
  numberedVm,
  organization,
  queuedJob,
  shape,
  t0,
  toBusy,
} from '../domain.fixture.ts';
import { defaultCapacityPolicy } from '../scheduling/capacity.ts';
import { days, after as later, minutes } from '../time.ts';
import { type AlertLook, type AlertRule, alertLimits, alertRules, endsIn, troublesIn } from './rules.ts';

const now = at(3600);
const calm: AlertLook = {
  now,
  queued: [],
  hosts: [],
  vms: [],
  lost: [],
  repairs: 0,
  tokens: [],
  capacity: { ...defaultCapacityPolicy, cpuOvercommit: 1 },
  incidents: [],
};
const none: ReadonlySet<AlertRule> = new Set();
const troubles = (look: Partial<AlertLook>) => troublesIn({ ...calm, ...look }, none);
/** Whose troubles by this rule there are. */
const subjects = (rule: AlertRule, look: Partial<AlertLook>) =>
  troubles(look)
    .filter((trouble) => trouble.rule === rule)
    .map(({ subject }) => subject);

const waiting = (n: number, ms: number = alertLimits.jobWaitsMs) =>
  queuedJob(n, at(0), { firstSeenAt: later(now, -ms) });
const roomy = aHost('a');

it('nothing is wrong where nothing is', () => {
  expect(troubles({ hosts: [roomy] })).toEqual([]);
});

describe('a job that waits', () => {
  const waits = (look: Partial<AlertLook>) => subjects('job-waits', { queued: [waiting(1)], ...look });

  it('is told when a host has had room for it for ten minutes, with where to look', () => {
    expect(troubles({ queued: [waiting(1, minutes(12) + 1)], hosts: [roomy] })).toEqual([
      {
        rule: 'job-waits',
        subject: 'acme',
        text: 'A job of acme has waited for 12 minutes though a host has room: https://github.com/acme/app/actions/runs/100/job/1',
      },
    ]);
    expect(waits({ hosts: [roomy] })).toEqual(['acme']);
    expect(waits({ hosts: [roomy], queued: [waiting(1, alertLimits.jobWaitsMs - 1)] })).toEqual([]);
  });

  it('is told once for each account, by its oldest that could run', () => {
    const globex = { scope: organization('Globex') };
    const big = { service: { kind: 'ours', shape: { ...shape, memoryMib: 999_999 } } } as const;
    const queued = [
      { ...waiting(1, minutes(50)), ...big },
      waiting(2, minutes(40)),
      waiting(3, minutes(30)),
      { ...waiting(4, minutes(20)), ...globex },
    ];
    const found = troubles({ queued, hosts: [roomy] });
    expect(found.map(({ subject, text }) => [subject, /for (\d+) minutes/.exec(text)?.[1]])).toEqual([
      ['acme', '40'],
      ['globex', '20'],
    ]);
  });

  it('is not told of one that is not ours', () => {
    const foreign = { ...waiting(1), service: { kind: 'foreign' } as const };
    expect(waits({ hosts: [roomy], queued: [foreign] })).toEqual([]);
  });

  it('is not told while no host could take it', () => {
    const { capacity: _, ...unheard } = roomy;
    expect(waits({ hosts: [] })).toEqual([]);
    expect(waits({ hosts: [unheard] })).toEqual([]);
    expect(waits({ hosts: [{ ...roomy, state: 'silent' }] })).toEqual([]);
    expect(
      waits({ hosts: [{ ...roomy, hold: { kind: 'draining', by: 'ada', why: 'a new disk', since: t0 } }] }),
    ).toEqual([]);
    expect(waits({ hosts: [aHost('a', {}, { arch: 'arm64' })] })).toEqual([]);
    expect(waits({ hosts: [aHost('a', {}, { milliCpus: 1999 })] })).toEqual([]);
  });

  it('goes by the accounts that a host serves', () => {
    expect(waits({ hosts: [aHost('a', { owners: ['globex'] })] })).toEqual([]);
    expect(waits({ hosts: [aHost('a', { owners: ['globex', 'acme'] })] })).toEqual(['acme']);
  });

  it('goes by the labels that it asks of a host', () => {
    const asks = (...hostLabels: string[]) => {
      const service = { kind: 'ours', shape: { ...shape, hostLabels } } as const;
      return { queued: [{ ...waiting(1), service }] };
    };
    const labelled = aHost('a', {}, { labels: ['gpu', 'big'] });
    expect(waits({ hosts: [labelled], ...asks('gpu', 'big') })).toEqual(['acme']);
    expect(waits({ hosts: [labelled], ...asks('gpu', 'fast') })).toEqual([]);
  });

  it('goes by what the VMs of that host leave', () => {
    const vms = [1, 2, 3].map((n) => ({ ...numberedVm(n, toBusy), host: hostA }));
    const full = aHost('a', {}, { milliCpus: 7000 });
    expect(full.id).toBe(hostA);
    expect(waits({ hosts: [full], vms })).toEqual([]);
    expect(waits({ hosts: [full], vms: vms.slice(1) })).toEqual(['acme']);
    expect(waits({ hosts: [aHost('b', {}, { milliCpus: 7000 })], vms })).toEqual(['acme']);
  });
});

describe('a host', () => {
  it('that says nothing is told by its name', () => {
    expect(troubles({ hosts: [roomy, aHost('rack-2', { state: 'silent' })] })).toEqual([
      {
        rule: 'host-lost',
        subject: 'rack-2',
        text: 'Host rack-2 says nothing. Its VMs are kept; look at the machine, its agent and the network between.',
      },
    ]);
  });

  it('with little disk left is told, with what helps', () => {
    const left = (diskGib: number) => ({ hosts: [aHost('a', {}, { diskGib })] });
    expect(troubles(left(20))).toEqual([
      {
        rule: 'host-disk-full',
        subject: 'a',
        text: 'Host a has 20 GiB of disk left. Old images are the usual cause; `bellows doctor` there says more.',
      },
    ]);
    expect(troubles(left(21))).toEqual([]);
    const { capacity: _, ...unheard } = roomy;
    expect(troubles({ hosts: [unheard] })).toEqual([]);
  });
});

describe('what GitHub refuses', () => {
  const refused = (owner: string, times: number) =>
    Array.from({ length: times }, () => ({ cause: 'registration-refused', owner }));

  it('is told from the third on, for each account', () => {
    expect(troubles({ lost: [...refused('acme', 3), ...refused('globex', 2)] })).toEqual([
      {
        rule: 'registrations-fail',
        subject: 'acme',
        text: 'GitHub refused 3 runners of acme in ten minutes. `bellows check github` looks at the App.',
      },
    ]);
  });

  it('counts no other loss, and those of no account together', () => {
    const other = { cause: 'never-answered', owner: 'acme' };
    expect(subjects('registrations-fail', { lost: [...refused('acme', 2), other, other] })).toEqual([]);
    const unowned = { cause: 'registration-refused' };
    expect(subjects('registrations-fail', { lost: [unowned, unowned, unowned] })).toEqual(['']);
  });
});

it('a storm of repairs is told from fifty on', () => {
  expect(troubles({ repairs: 49 })).toEqual([]);
  expect(troubles({ repairs: 50 })).toEqual([
    {
      rule: 'repair-storm',
      subject: '',
      text: '50 things had to be mended in ten minutes. `bellows repairs` tells what.',
    },
  ]);
});

describe('a token', () => {
  const token = { id: 'token-1', name: 'ci', expiresAt: later(now, days(7) - 1) };

  it('that ends within a week is told', () => {
    expect(troubles({ tokens: [token] })).toEqual([
      {
        rule: 'token-runs-out',
        subject: 'token-1',
        text: 'The API token ci ends at 2026-03-08T12:59:59.999Z. Make a new one with `bellows token`.',
      },
    ]);
  });

  it('that lasts longer, has ended, or was revoked is not', () => {
    const others = [
      { ...token, expiresAt: later(now, days(7)) },
      { ...token, expiresAt: now },
      { ...token, revokedAt: t0 },
    ];
    expect(troubles({ tokens: others })).toEqual([]);
  });
});

describe('the certificate of our address', () => {
  const ends = (ms: number) => troubles({ certificate: { host: 'ci.acme.test', endsAt: later(now, ms) } });

  it('is told two weeks before it ends, and after', () => {
    expect(ends(days(14))).toEqual([]);
    expect(ends(days(14) - 1)).toEqual([
      {
        rule: 'certificate-runs-out',
        subject: 'ci.acme.test',
        text: 'The certificate of ci.acme.test ends at 2026-03-15T12:59:59.999Z. GitHub delivers no webhook to one that has ended; renew it at the proxy.',
      },
    ]);
    expect(ends(0)[0]?.text).toContain('ci.acme.test has ended at 2026-03-01T13:00:00.000Z.');
    expect(ends(1)[0]?.text).toContain('ci.acme.test ends at');
  });

  it('is not told where there is none, or it could not be read', () => {
    expect(troubles({ certificate: {} })).toEqual([]);
    expect(troubles({ certificate: { endsAt: now } })).toEqual([]);
    expect(troubles({ certificate: { host: 'ci.acme.test', why: 'ETIMEDOUT' } })).toEqual([]);
  });
});

describe('an incident', () => {
  const open: Incident = {
    id: 'incident-1',
    owner: 'github-delivery',
    subject: 'all',
    since: t0,
    openedAt: at(60),
    evidence: [],
  };
  const closed: Incident = { ...open, id: 'incident-2', owner: 'fleet', closedAt: at(660), ending: 'calm' };
  const incidents = [
    open,
    { ...open, owner: 'host' as const },
    { ...open, owner: 'workflow' as const },
    closed,
  ];

  it('is told by the rule for whose it is, while it is open', () => {
    expect(troubles({ incidents }).map(({ rule, subject }) => [rule, subject])).toEqual([
      ['github-incident', 'github-delivery'],
      ['incident', 'host'],
      ['workflow-incident', 'workflow'],
    ]);
    expect(troubles({ incidents })[0]?.text).toMatch(/^Is it us\? ./);
  });

  it('is told with how it ended when it is over', () => {
    expect(endsIn({ ...calm, incidents })).toEqual([
      { rule: 'incident', subject: 'fleet', text: 'It lasted for 11 minutes; all is as usual again.' },
    ]);
  });
});

it('a rule that is off tells nothing, and the others go on', () => {
  const look = { ...calm, repairs: 50, hosts: [aHost('a', { state: 'silent' })] };
  expect(troublesIn(look, new Set(['repair-storm'])).map(({ rule }) => rule)).toEqual(['host-lost']);
  expect(troublesIn(look, new Set(alertRules))).toEqual([]);
});
