import { expect, it } from 'vitest';
import { noCredentials, noGitHub } from '../../test/support/no-credentials.ts';
import { answered } from '../wire/api/endpoint.ts';
import type { AnswerOf, ApiClient } from '../wire/api/endpoints.ts';
import type { ApiIncident } from '../wire/api/incidents.ts';
import { incidents } from './incidents.ts';

type Answer = AnswerOf<'listIncidents'>;

const minute = (n: number): string => new Date(Date.UTC(2026, 0, 1, 12, n)).toISOString();
const incident: ApiIncident = {
  ...{
    id: 'incident-1',
    owner: 'github-delivery',
    whose: "GitHub's webhooks",
    subject: 'all',
    name: 'everything',
  },
  ...{ since: minute(0), openedAt: minute(2) },
  evidence: [
    {
      ...{
        what: 'delivery',
        words: 'until GitHub told us of the job',
        usualMs: 900,
        seenMs: 9_000,
        ratio: 10,
      },
      ...{ jobs: 12, accounts: [], examples: [] },
    },
  ],
};
const trouble = { component: 'Webhooks', status: 'major_outage', toldAt: minute(9) };

async function said(answer: Partial<Answer>): Promise<{ text: string; json: unknown }> {
  const verdict = { side: 'github', owners: [], words: 'It is GitHub.' } as const;
  const whole: Answer = { now: minute(12), verdict: { ...verdict, owners: [] }, incidents: [], ...answer };
  const api: ApiClient = { call: async () => answered(whole) as never };
  const terminal = {
    operator: '',
    say() {},
    pause: async () => {},
    credentials: noCredentials,
    github: noGitHub,
  };
  const outcome = await incidents({ limit: 10 })(api, terminal);
  if (!outcome.ok) throw new Error(outcome.message);
  return { text: outcome.text, json: outcome.json };
}

it('tells what GitHub says of each incident, and what its page tells now', async () => {
  const words = "GitHub's status page says the same (Webhooks: major outage); we saw it 7 minutes before.";
  const { text, json } = await said({
    incidents: [
      { ...incident, githubStatus: { says: 'same', words, aheadMs: 420_000, troubles: [trouble] } },
    ],
    statusPage: {
      ...{ state: 'read', readAt: minute(11) },
      troubles: [{ ...trouble, title: 'Webhooks are late', url: 'https://stspg.io/x' }],
    },
  });
  expect(text).toContain(`12 min ago, GitHub's webhooks: ${words}`);
  expect(text).toContain('Webhooks: major outage for 3 min: Webhooks are late https://stspg.io/x');
  expect(json).toMatchObject({ incidents: [{ githubStatus: { says: 'same', aheadMs: 420_000 } }] });
});

it('says that the page tells of no trouble, that it cannot be read, or nothing when it is not read', async () => {
  const page = { troubles: [], readAt: minute(10) };
  expect((await said({ statusPage: { ...page, state: 'read' } })).text).toContain(
    "GitHub's status page tells of no trouble, read 2 min ago.",
  );
  expect((await said({ statusPage: { ...page, state: 'unreachable', why: 'ENOTFOUND' } })).text).toContain(
    'cannot be read: ENOTFOUND; read 2 min ago.',
  );
  const { text } = await said({ incidents: [incident] });
  expect(text).not.toContain('status page');
});

it('tells by what jobs failed, and calls a host by its name', async () => {
  const reasons = [
    { class: 'host-lost', words: 'the loss of their host', jobs: 3, advice: '' },
    { class: 'host-disk-full', words: 'the full disk of their host', jobs: 1, advice: '' },
  ] as const;
  const failures = {
    what: 'failures',
    words: 'failures',
    ratio: 9,
    jobs: 8,
    accounts: [],
    examples: [],
  } as const;
  const { text } = await said({
    incidents: [
      {
        ...incident,
        ...{ owner: 'host', whose: 'a host', subject: 'host:host-1', name: 'cellar' },
        evidence: [{ ...failures, accounts: [], examples: [], reasons: [...reasons] }],
      },
    ],
  });
  expect(text).toContain(
    '12 min ago, a host (cellar): failed by the loss of their host (3), the full disk of their host (1)',
  );
  expect(text).not.toContain('host-1');
});
