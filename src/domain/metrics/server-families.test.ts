// Names and words are what dashboards and people rely on, so they stand in a file beside: a change of it is to be read.

import { describe, expect, it } from 'vitest';
import { aHost, at, image, numberedVm, organization, toBusy, toGone, toStarting } from '../domain.fixture.ts';
import { noFeed } from '../github-status/feed-state.ts';
import type { HostVitals, ToldVitals } from '../hosts/vitals.ts';
import { imageDigest } from '../ids.ts';
import { noTally } from '../insights/tally.ts';
import type { Host } from '../scheduling/host.ts';
import { instantOf, minutes, after as plus } from '../time.ts';
import { written } from './families.fixture.ts';
import { emptyHistogram, observed } from './family.ts';
import { type ServerLook, serverFamilies } from './server-families.ts';
import { noTotals } from './totals.ts';

const now = at(3600);
const host = aHost('a');
const { capacity: _, ...unheard } = aHost('silent', {
  state: 'silent',
  hold: { kind: 'draining', by: 'ada', why: 'a new disk', since: at(0) },
});
const old = imageDigest(`sha256:${'2'.repeat(64)}`);

const told: ToldVitals = {
  load: [0.5, 0.25, 0.125],
  processors: 8,
  memoryBytes: 64,
  memoryAvailableBytes: 32,
  diskBytes: 1000,
  diskFreeBytes: 400,
  egress: { receivedBytes: 11, sentBytes: 12 },
  kernel: '6.12',
  images: [
    { digest: old, builtAt: at(0) },
    { digest: image, builtAt: at(1800), runner: { version: '2.330.0', releasedAt: at(600) } },
  ],
};
const vitals: HostVitals = { host: host.id, at: at(3590), roundTripMs: 1500, told };

const fleet: NonNullable<ServerLook['fleet']> = {
  hosts: [host, unheard],
  vitals: [vitals, { host: unheard.id, at: at(0), told }],
  image,
  budgets: [
    { bucket: 'core', limit: 5000, remaining: 40, resetAt: at(3700) },
    { bucket: 'spent', limit: 5000, remaining: 1, resetAt: now },
    { bucket: 'unlimited', remaining: 7, resetAt: at(3500) },
    { bucket: 'untold', remaining: 3, resetAt: instantOf(0) },
  ],
  unreadDeliveries: 4,
  incidents: [{ owner: 'host' }, { owner: 'host' }, { owner: 'workflow' }],
  feed: {
    readAt: at(3540),
    failures: 0,
    troubles: [
      { component: 'Actions', status: 'major_outage', toldAt: at(0) },
      { component: 'Webhooks', status: 'major_outage', toldAt: at(0), endedAt: at(60) },
    ],
  },
  certificateEndsAt: at(7200),
  tokens: [
    { id: 'token-1', expiresAt: at(3660) },
    { id: 'ended', expiresAt: now },
    { id: 'revoked', expiresAt: at(9999), revokedAt: at(1) },
  ],
};

const globex = { scope: organization('Globex') };
const look: ServerLook = {
  now,
  version: '1.2.3',
  open: [
    { owner: 'acme', state: 'running', jobs: 3, late: 9, oldestAt: at(0) },
    { owner: 'acme', state: 'queued', jobs: 2, late: 1, oldestAt: at(3000) },
    { owner: 'initech', state: 'queued', jobs: 1, late: 0, oldestAt: at(9999) },
  ],
  finished: [{ owner: 'acme', tally: { ...noTally, success: 5, failure: 2, other: 1 } }],
  totals: {
    owners: {
      umbrella: {
        ...noTotals,
        jobsQueued: 6,
        vmsLaunched: 5,
        launchesDelayed: 4,
        vmsFailed: { host: 2, workflow: 1 },
        phases: { booting: observed(emptyHistogram, 3) },
      },
    },
    repairs: { 'vm-reaped': 2 },
  },
  vms: [
    { ...numberedVm(1, toBusy), host: host.id },
    { ...numberedVm(2, toStarting), host: host.id },
    { ...numberedVm(3, toGone), host: host.id },
    { ...numberedVm(4, [], globex), host: unheard.id },
  ],
  fleet,
};

/** The samples of one metric, without its words. */
const samplesOf = (name: string, over: Partial<ServerLook['fleet']>) =>
  serverFamilies({ ...look, fleet: { ...fleet, ...over } }).find((family) => family.name === name)?.samples;

describe('the metrics of a control plane', () => {
  it('are these', async () => {
    await expect(written(serverFamilies(look))).toMatchFileSnapshot('server.golden.txt');
  });

  it('have nothing that concerns all accounts for those who do not see all', () => {
    const { fleet: _fleet, ...mine } = look;
    const names = serverFamilies(mine).map(({ name }) => name);
    expect(names).toHaveLength(10);
    expect(names.filter((name) => /host|repairs|github|token|incident|deliveries/.test(name))).toEqual([]);
  });
});

describe('how a host does', () => {
  const loadOf = (seen: HostVitals, of: Host = host) =>
    samplesOf('bellows_host_load1', { hosts: [of], vitals: [seen] });

  it('is not told when it is two minutes old', () => {
    const heard = (ms: number) => loadOf({ ...vitals, at: plus(now, -ms) });
    expect(heard(minutes(2) - 1)).toEqual([{ labels: { host: 'a' }, value: 0.5 }]);
    expect(heard(minutes(2))).toEqual([]);
  });

  it('is not told where the agent is too old to tell, or there is no route', () => {
    const { told: _told, ...silent } = vitals;
    const { egress: _egress, ...offline } = told;
    const { roundTripMs: _ms, ...far } = vitals;
    expect(loadOf(silent)).toEqual([]);
    const of = (name: string, seen: HostVitals) => samplesOf(name, { hosts: [host], vitals: [seen] });
    for (const way of ['received', 'sent'])
      expect(of(`bellows_host_egress_${way}_bytes_total`, { ...vitals, told: offline })).toEqual([]);
    for (const way of ['received', 'sent'])
      expect(of(`bellows_host_egress_${way}_bytes_total`, silent)).toEqual([]);
    expect(of('bellows_host_ping_seconds', far)).toEqual([]);
    expect(of('bellows_host_image_age_seconds', silent)).toEqual([]);
  });

  it('goes by the image that it has where it has not the one for new VMs', () => {
    const ages = (name: string) =>
      samplesOf(name, { hosts: [host], vitals: [vitals], image: imageDigest(`sha256:${'3'.repeat(64)}`) });
    expect(ages('bellows_host_image_age_seconds')).toEqual([{ labels: { host: 'a' }, value: 3600 }]);
    expect(ages('bellows_host_runner_age_seconds')).toEqual([]);
    expect(ages('bellows_host_runner_info')).toEqual([]);
  });

  it('has no image that is younger than nothing, and none of unknown age', () => {
    const age = (images: ToldVitals['images']) =>
      samplesOf('bellows_host_image_age_seconds', {
        hosts: [host],
        vitals: [{ ...vitals, told: { ...told, images } }],
      });
    expect(age([{ digest: image, builtAt: at(9999) }])).toEqual([{ labels: { host: 'a' }, value: 0 }]);
    expect(age([{ digest: image }])).toEqual([]);
    expect(age([])).toEqual([]);
  });
});

describe('what is watched', () => {
  const page = 'bellows_github_status_page';

  it('is not told of a page that nobody reads', () => {
    const { feed: _feed, certificateEndsAt: _ends, ...unread } = fleet;
    const names = serverFamilies({ ...look, fleet: unread })
      .filter(({ samples }) => samples.length === 0)
      .map(({ name }) => name);
    expect(names).toEqual([
      `${page}_up`,
      `${page}_age_seconds`,
      'bellows_github_status_trouble',
      'bellows_public_certificate_remaining_seconds',
    ]);
  });

  it('tells that the page cannot be read', () => {
    expect(samplesOf(`${page}_up`, { feed: { ...noFeed, failures: 1 } })).toEqual([{ labels: {}, value: 0 }]);
    expect(samplesOf(`${page}_age_seconds`, { feed: noFeed })).toEqual([]);
    expect(samplesOf(`${page}_age_seconds`, { feed: { ...noFeed, readAt: at(9999) } })).toEqual([
      { labels: {}, value: 0 },
    ]);
  });

  it('tells of a certificate that has ended', () => {
    expect(
      samplesOf('bellows_public_certificate_remaining_seconds', { certificateEndsAt: at(3540) }),
    ).toEqual([{ labels: {}, value: -60 }]);
  });
});
