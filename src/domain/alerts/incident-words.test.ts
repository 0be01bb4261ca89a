import { describe, expect, it } from 'vitest';
import type { Incident } from '../attribution/incident.ts';
import type { Owner } from '../attribution/owners.ts';
import type { StreamKey } from '../attribution/sample.ts';
import { aHost, at, t0 } from '../domain.fixture.ts';
import { hostId } from '../ids.ts';
import { after, minutes, seconds } from '../time.ts';
import { endOf, nameOfIncident, ruleOf, textOf } from './incident-words.ts';

const incident = (owner: Owner, over: Partial<Incident> = {}): Incident => ({
  id: 'incident-1',
  owner,
  subject: 'all',
  since: t0,
  openedAt: at(60),
  evidence: [
    {
      stream: 'phase booting all' as StreamKey,
      what: 'booting',
      usualMs: 5_000,
      seenMs: 20_000,
      ratio: 4,
      jobs: 12,
      accounts: { acme: 12 },
      examples: [],
    },
  ],
  ...over,
});
const onHost: Partial<Incident> = { subject: 'host:host-17' };

describe('an incident as an alert', () => {
  it('goes by whose it is', () => {
    expect(ruleOf(incident('github-delivery'))).toBe('github-incident');
    expect(ruleOf(incident('workflow'))).toBe('workflow-incident');
    expect(ruleOf(incident('bellows'))).toBe('incident');
    expect(ruleOf(incident('host'))).toBe('incident');
  });

  it('has the same name for the same thing', () => {
    expect(nameOfIncident(incident('fleet'))).toBe('fleet');
    expect(nameOfIncident(incident('host', onHost))).toBe('host host:host-17');
  });

  it('answers whose it is, names the host, and adds what GitHub says of it', () => {
    const hosts = [aHost('other'), aHost('rack-1', { id: hostId('host-17') })];
    const text = textOf(incident('host', onHost), hosts, at(600));
    expect(text).toMatch(/^Is it us\? .*rack-1/);
    expect(text).not.toMatch(/other|host-17/);
    expect(textOf(incident('host', onHost), [], at(600))).toContain('host-17');
    expect(text).not.toContain('status page');
    const githubStatus = { says: 'nothing', troubles: [] } as const;
    const told = textOf(incident('github-delivery', { githubStatus }), hosts, at(660));
    expect(told).toMatch(
      /^Is it us\? .* GitHub's status page says nothing of it yet; we saw it 10 minutes ago\.$/,
    );
  });

  it('tells how long it lasted and how it ended', () => {
    const closed = (ms: number, over: Partial<Incident> = {}) =>
      endOf(incident('bellows', { closedAt: after(t0, ms), ...over }), at(9999));
    expect(closed(minutes(12), { ending: 'calm' })).toBe('It lasted for 12 minutes; all is as usual again.');
    expect(closed(minutes(12))).toBe('It lasted for 12 minutes; all is as usual again.');
    expect(closed(seconds(5), { ending: 'usual' })).toBe(
      'It lasted for a minute; it counts as the usual from now on.',
    );
    expect(closed(minutes(2), { ending: 'silence' })).toBe(
      'It lasted for 2 minutes; nothing has come for hours that would show it.',
    );
    expect(endOf(incident('bellows'), at(180))).toContain('It lasted for 3 minutes');
    const githubStatus = { says: 'nothing', troubles: [] } as const;
    expect(closed(minutes(2), { owner: 'github-api', githubStatus })).toBe(
      "It lasted for 2 minutes; all is as usual again. GitHub's status page said nothing of it.",
    );
  });
});
