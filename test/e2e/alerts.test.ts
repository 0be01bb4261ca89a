// Alerts as they arrive: at a receiver over HTTP and at a mail server, from a control plane on a virtual clock.

import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { emailSender } from '../../src/adapters/alert-email/email-sender.ts';
import { discordSender, slackSender, webhookSender } from '../../src/adapters/alert-webhooks/senders.ts';
import { type AlertDeps, alertStep, askForTest } from '../../src/control-plane/alerts/alert-loop.ts';
import { certificateLoop } from '../../src/control-plane/alerts/watch-certificate.ts';
import { listAlerts } from '../../src/control-plane/requests/alerts.ts';
import type { CertificateReading } from '../../src/domain/alerts/certificate.ts';
import { alertLimits } from '../../src/domain/alerts/rules.ts';
import type { Incident } from '../../src/domain/attribution/incident.ts';
import { type DurationMs, days, hours, after as later, minutes, seconds } from '../../src/domain/time.ts';
import type { AlertSender } from '../../src/ports/alert-sender.ts';
import { Secret } from '../../src/ports/secret.ts';
import { type CannedServer, startCannedServer } from '../support/canned-server.ts';
import { ControlPlaneWorld } from '../support/control-plane-world.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { matrixOf } from '../support/workflows.ts';

let receiver: CannedServer;
let mail: MailServer;
const signingSecret = 'to-sign-with';

beforeEach(async () => {
  receiver = await startCannedServer(() => ({ status: 204 }));
  mail = await startMailServer();
});
afterEach(async () => {
  await receiver.close();
  await mail.close();
});

const address = (path: string): Secret => new Secret(`${receiver.url}/${path}`);
const hook = (): AlertSender => webhookSender(address('hook'), new Secret(signingSecret));
const all = (): AlertSender[] => [
  hook(),
  discordSender(address('discord')),
  slackSender(address('slack')),
  emailSender({
    server: new Secret(`smtp://127.0.0.1:${mail.port}?ignoreTLS=true`),
    from: 'bellows@test',
    to: ['ops@test'],
  }),
];

interface Item {
  state: string;
  rule: string;
  subject: string;
}

/** What the signed receiver got, in order. */
const items = (): Item[] =>
  receiver.heard
    .filter(({ line }) => line === 'POST /hook')
    .flatMap(({ body }) => (body as { items: Item[] }).items);

const alertsOf = (world: ControlPlaneWorld, senders: readonly AlertSender[]): AlertDeps => ({
  ...world.deps,
  senders,
  off: new Set(),
});

/** The loop's rounds, without waiting for the network in between: it has none of the virtual clock's time. */
async function pass(world: ControlPlaneWorld, deps: AlertDeps | AlertDeps[], ms: DurationMs): Promise<void> {
  for (let passed = 0; passed < ms; passed += seconds(15)) {
    await Promise.all([deps].flat().map(alertStep));
    await world.clock.advance(seconds(15));
  }
}

const ends = (rule: string, subject: string): Item[] => [
  { state: 'firing', rule, subject },
  { state: 'over', rule, subject },
];
const short = ({ state, rule, subject }: Item): Item => ({ state, rule, subject });

describe('each kind arrives, once, and so does its end', () => {
  it('a host that is lost', async () => {
    const world = new ControlPlaneWorld();
    const rack = await world.addHost('rack', 2);
    const deps = alertsOf(world, [hook()]);
    await pass(world, deps, minutes(2));
    rack.hangUp();
    await pass(world, deps, minutes(10));
    expect(items().map(short)).toEqual(ends('host-lost', 'rack').slice(0, 1));
    world.redial('rack');
    await pass(world, deps, minutes(6));
    expect(items().map(short)).toEqual(ends('host-lost', 'rack'));
  });

  it('an incident, with whose it is, what GitHub says of it, and how it ended', async () => {
    const world = new ControlPlaneWorld();
    const deps = { ...alertsOf(world, [hook()]), store: world.store };
    // Nobody else judges here.
    world.crash();
    const since = world.clock.now();
    const trouble = { component: 'Webhooks', status: 'major_outage', toldAt: later(since, minutes(9)) };
    const incident: Incident = {
      ...{
        id: 'incident-1',
        owner: 'github-delivery',
        subject: 'all',
        since,
        openedAt: later(since, minutes(2)),
      },
      evidence: [
        {
          ...{ stream: 'time delivery all', what: 'delivery', usualMs: 900, seenMs: 9_000, ratio: 10 },
          ...{ jobs: 12, accounts: { acme: 12 }, examples: [] },
        },
      ],
      githubStatus: { says: 'same', toldAt: trouble.toldAt, troubles: [trouble] },
    };
    const put = (one: Incident) => world.store.transaction((tx) => tx.attribution.putIncident(one));
    await put(incident);
    const { githubStatus: _, ...alone } = incident;
    await put({ ...alone, id: 'incident-2', owner: 'host', subject: 'host:rack-1' });
    await put({ ...alone, id: 'incident-3', owner: 'workflow', subject: 'repository:acme/app' });
    await pass(world, deps, minutes(5));
    const told = receiver.heard.flatMap(({ body }) => (body as { items: (Item & { text: string })[] }).items);
    expect(told.map(short)).toEqual([
      { state: 'firing', rule: 'github-incident', subject: 'github-delivery' },
      { state: 'firing', rule: 'incident', subject: 'host host:rack-1' },
      { state: 'firing', rule: 'workflow-incident', subject: 'workflow repository:acme/app' },
    ]);
    expect(told[0]?.text).toBe(
      "Is it us? No, it is GitHub: its webhooks, 10.0 times the usual until GitHub told us of the job, 12 jobs. GitHub's status page says the same (Webhooks: major outage); we saw it 7 minutes before.",
    );
    const closed = { closedAt: later(since, minutes(40)), ending: 'calm' } as const;
    await put({ ...incident, ...closed });
    await put({ ...alone, ...closed, id: 'incident-2', owner: 'host', subject: 'host:rack-1' });
    await put({ ...alone, ...closed, id: 'incident-3', owner: 'workflow', subject: 'repository:acme/app' });
    await pass(world, deps, minutes(5));
    const over = receiver.heard
      .flatMap(({ body }) => (body as { items: (Item & { how?: string })[] }).items)
      .slice(3);
    expect(over).toMatchObject([
      { state: 'over', rule: 'github-incident', subject: 'github-delivery' },
      {
        state: 'over',
        rule: 'incident',
        subject: 'host host:rack-1',
        how: expect.stringMatching(/again\.$/),
      },
      { state: 'over', rule: 'workflow-incident', subject: 'workflow repository:acme/app' },
    ]);
    expect(over[0]?.how).toMatch(
      /^It lasted for 40 minutes; all is as usual again\. GitHub's status page says the same/,
    );
  });

  it('a job that waits though there is room', async () => {
    const world = new ControlPlaneWorld();
    await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(1) });
    await world.clock.advance(minutes(1));
    const deps = alertsOf(world, [hook()]);
    await pass(world, deps, alertLimits.jobWaitsMs + minutes(2));
    // There is no room anywhere: that is for the user to see, and no alert.
    expect(items()).toEqual([]);
    world.crash();
    await world.addHost('rack', 2);
    await world.store.transaction(async (tx) => {
      const [host] = await tx.hosts.list();
      if (host === undefined) throw new Error('no host');
      const capacity = {
        arch: 'x64',
        milliCpus: 8000,
        memoryMib: 65_536,
        diskGib: 500,
        maxBooting: 4,
      } as const;
      await tx.hosts.update({ ...host, capacity: { ...capacity, labels: [], images: [] } });
    });
    const alone = { ...deps, store: world.store };
    await pass(world, alone, minutes(4));
    expect(items().map(short)).toEqual(ends('job-waits', 'acme').slice(0, 1));
    await world.store.transaction(async (tx) => {
      for (const job of await tx.jobs.allQueued(10)) await tx.jobs.update({ ...job, state: 'lost' });
    });
    await pass(world, alone, minutes(5));
    expect(items().map(short)).toEqual(ends('job-waits', 'acme'));
  });

  it('registrations that fail, and a storm of repairs', async () => {
    const world = new ControlPlaneWorld();
    await world.clock.advance(minutes(1));
    const deps = alertsOf(world, [hook()]);
    const lost = {
      at: world.clock.now(),
      kind: 'vm-replaced',
      cause: 'registration-refused',
      subject: { kind: 'task', id: 'x' },
      owner: 'acme',
      data: {},
    } as const;
    await world.store.transaction((tx) => tx.repairs.append(Array(alertLimits.repairs).fill(lost)));
    await pass(world, deps, minutes(20));
    expect(items().map(short)).toEqual([
      { state: 'firing', rule: 'registrations-fail', subject: 'acme' },
      { state: 'firing', rule: 'repair-storm', subject: '' },
      { state: 'over', rule: 'registrations-fail', subject: 'acme' },
      { state: 'over', rule: 'repair-storm', subject: '' },
    ]);
    // They came together, and so did their ends.
    expect(receiver.heard).toHaveLength(2);
  });

  it('a token that runs out, and a disk that is nearly full', async () => {
    const world = new ControlPlaneWorld();
    await world.addHost('rack', 1);
    await world.clock.advance(minutes(1));
    const deps = alertsOf(world, [hook()]);
    const now = world.clock.now();
    await world.store.transaction((tx) =>
      tx.apiTokens.add({
        id: 't1',
        hash: 'h',
        name: 'ci',
        scopes: ['read'],
        owners: [],
        createdBy: 'ada',
        createdAt: now,
        expiresAt: later(now, days(2)),
      }),
    );
    await pass(world, deps, minutes(4));
    expect(items().map(short)).toEqual([
      { state: 'firing', rule: 'token-runs-out', subject: 't1' },
      { state: 'firing', rule: 'host-disk-full', subject: 'rack' },
    ]);
    await world.store.transaction((tx) => tx.apiTokens.revoke('t1', now));
    await pass(world, deps, minutes(5));
    expect(items().map(short).at(-1)).toEqual({ state: 'over', rule: 'token-runs-out', subject: 't1' });
    // Nobody else writes here, or the agent would tell again what it has.
    world.crash();
    await world.store.transaction(async (tx) => {
      for (const host of await tx.hosts.list())
        if (host.capacity !== undefined)
          await tx.hosts.update({ ...host, capacity: { ...host.capacity, diskGib: 500 } });
    });
    await pass(world, { ...deps, store: world.store }, minutes(5));
    expect(items().map(short).at(-1)).toEqual({ state: 'over', rule: 'host-disk-full', subject: 'rack' });
  });

  it('a certificate that runs out, until it is renewed', async () => {
    const world = new ControlPlaneWorld();
    const deps = alertsOf(world, [hook()]);
    let reading: CertificateReading = { kind: 'certificate', endsAt: later(world.clock.now(), days(60)) };
    const certificate = { host: 'bellows.example', read: async () => reading };
    const look = () => certificateLoop.run({ ...world.deps, certificate }, {});
    await look();
    await pass(world, deps, minutes(3));
    expect(items()).toEqual([]);
    reading = { kind: 'certificate', endsAt: later(world.clock.now(), days(3)) };
    await look();
    // What was read once holds until it is read again.
    reading = { kind: 'unreachable', why: 'ECONNREFUSED' };
    expect((await look()).nextInMs).toBeLessThanOrEqual(hours(1));
    await pass(world, deps, minutes(3));
    expect(items().map(short)).toEqual(ends('certificate-runs-out', 'bellows.example').slice(0, 1));
    reading = { kind: 'certificate', endsAt: later(world.clock.now(), days(90)) };
    await look();
    await pass(world, deps, minutes(5));
    expect(items().map(short)).toEqual(ends('certificate-runs-out', 'bellows.example'));
    // The address is gone, and so is what was known of it.
    await certificateLoop.run(world.deps, {});
    expect(await world.store.transaction((tx) => tx.loops.get('certificate'))).toEqual({});
  });
});

describe('messages', () => {
  it('arrive by every sender, signed where there is a secret', async () => {
    const world = new ControlPlaneWorld();
    const deps = alertsOf(world, all());
    await askForTest(
      deps,
      deps.senders.map(({ name }) => name),
    );
    await alertStep(deps);
    expect(receiver.heard.map(({ line }) => line).sort()).toEqual([
      'POST /discord',
      'POST /hook',
      'POST /slack',
    ]);
    const hooked = receiver.heard.find(({ line }) => line === 'POST /hook');
    const body = JSON.stringify(hooked?.body);
    const signature = createHmac('sha256', signingSecret).update(body).digest('hex');
    expect(hooked?.headers['x-bellows-signature-256']).toBe(`sha256=${signature}`);
    expect(mail.mails).toHaveLength(1);
    expect(mail.mails[0]).toContain('Subject: Bellows: test');
    expect(mail.mails[0]).toContain('Nothing is wrong');
  });

  it('tell by every sender what is wrong, and that it is over', async () => {
    const world = new ControlPlaneWorld();
    const rack = await world.addHost('rack', 2);
    await world.clock.advance(minutes(1));
    const deps = alertsOf(world, all());
    rack.hangUp();
    await pass(world, deps, minutes(5));
    world.redial('rack');
    await pass(world, deps, minutes(6));
    const heardAt = (path: string): string[] =>
      receiver.heard.filter(({ line }) => line === `POST /${path}`).map(({ body }) => JSON.stringify(body));
    for (const got of [heardAt('hook'), heardAt('discord'), heardAt('slack'), mail.mails]) {
      expect(got).toHaveLength(2);
      expect(got[0]).toContain('rack says nothing');
      expect(got[1]).toMatch(/over/i);
    }
  });

  it('come once, however many control planes there are', async () => {
    const world = new ControlPlaneWorld();
    const rack = await world.addHost('rack', 2);
    await world.clock.advance(minutes(1));
    rack.hangUp();
    const both = [alertsOf(world, [hook()]), { ...alertsOf(world, [hook()]), ...world.startAnother('two') }];
    await pass(world, both, minutes(8));
    expect(items().map(short)).toEqual([{ state: 'firing', rule: 'host-lost', subject: 'rack' }]);
  });

  it('are sent again until they are taken, and hold no secret in the log', async () => {
    const world = new ControlPlaneWorld();
    receiver.canned['POST /hook'] = { status: 500 };
    mail.busy = true;
    const deps = alertsOf(world, all());
    await askForTest(deps, ['webhook', 'email']);
    await pass(world, deps, minutes(2));
    expect(mail.mails).toEqual([]);
    receiver.canned['POST /hook'] = { status: 204 };
    mail.busy = false;
    await vi.waitUntil(
      async () => {
        await pass(world, deps, minutes(1));
        const answer = await listAlerts({ ...world.deps, alerts: { senders: deps.senders, off: new Set() } });
        return answer.ok && answer.value.waiting === 0;
      },
      { timeout: 20_000 },
    );
    expect(mail.mails).toHaveLength(1);
    const failures = world.lines.filter(({ message }) => message === 'an alert could not be sent');
    expect(failures.length).toBeGreaterThan(1);
    const told = JSON.stringify(
      failures.map(({ fields }) => fields),
      (_key, value) => (value instanceof Error ? `${value.stack} ${value.cause}` : value),
    );
    expect(told).toContain('answered 500');
    expect(told).not.toContain(receiver.url);
  });
});
