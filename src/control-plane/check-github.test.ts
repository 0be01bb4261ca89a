import { beforeEach, describe, expect, it } from 'vitest';
import { at, delivery, guid } from '../../test/contract/store/things.ts';
import { openMemoryStore } from '../adapters/store-memory/memory-store.ts';
import { installationId } from '../domain/ids.ts';
import { after, type Instant } from '../domain/time.ts';
import {
  type AppInfo,
  type GitHub,
  GitHubError,
  type Installation,
  type RunnerGroup,
} from '../ports/github.ts';
import type { DeliveryAttempt, GitHubHook } from '../ports/github-hook.ts';
import type { Store } from '../ports/store.ts';
import { type CheckDeps, checkGitHub } from './check-github.ts';

const publicUrl = 'https://bellows.example';
const hookUrl = `${publicUrl}/webhooks/github`;

/** GitHub as it is when all is well; a test spoils one thing. */
interface Scene {
  app: AppInfo;
  installations: Installation[];
  groups: RunnerGroup[];
  attempts: DeliveryAttempt[];
  /** What comes of the redelivery that is asked for; undefined: nothing comes. */
  answer: { status: string; statusCode: number } | undefined;
  redeliver: 'asked' | 'too-old';
  refuses: GitHubError | undefined;
  check: CheckDeps['check'];
}
let scene: Scene;
let store: Store;
let now: Instant;

beforeEach(async () => {
  const permissions = { organization_self_hosted_runners: 'write', administration: 'write', actions: 'read' };
  const events = ['workflow_job'];
  scene = {
    app: { id: 7, slug: 'bellows-acme', permissions, events, webhookUrl: hookUrl },
    installations: [
      { id: installationId(1), account: 'Acme', accountKind: 'organization', permissions, events },
      { id: installationId(2), account: 'sam', accountKind: 'user', permissions, events },
    ],
    groups: [{ id: 1, name: 'Default', visibility: 'all', allowsPublicRepositories: false }],
    attempts: [attempt(2, 'workflow_job'), attempt(1, 'ping')],
    answer: { status: 'OK', statusCode: 202 },
    redeliver: 'asked',
    refuses: undefined,
    check: { appId: 7, publicUrl, owners: ['acme', 'sam'], runnerGroups: {} },
  };
  now = at(0);
  store = openMemoryStore();
  await store.keepDelivery(delivery(1));
});

const attempt = (n: number, event: string, changes: Partial<DeliveryAttempt> = {}): DeliveryAttempt => ({
  id: n,
  guid: guid(n),
  event,
  deliveredAt: at(n),
  redelivery: false,
  status: 'OK',
  statusCode: 202,
  ...changes,
});

async function check() {
  const refuse = (): void => {
    if (scene.refuses) throw scene.refuses;
  };
  const unused = (): never => expect.fail('not for a check');
  const github: GitHub = {
    registerRunner: unused,
    findRunner: unused,
    getRunner: unused,
    listRunners: unused,
    deleteRunner: unused,
    readJob: unused,
    openJobs: unused,
    repositories: unused,
    budget: unused,
    showCheckRun: unused,
    logTail: unused,
    app: async () => {
      refuse();
      return scene.app;
    },
    installations: async () => scene.installations,
    runnerGroups: async () => scene.groups,
  };
  const hook: GitHubHook = {
    deliveries: async () => ({ attempts: scene.attempts }),
    async redeliver(id) {
      const old = scene.attempts.find((one) => one.id === id);
      if (old && scene.answer && scene.redeliver === 'asked') {
        scene.attempts = [{ ...old, id: id + 100, ...scene.answer }, ...scene.attempts];
      }
      return scene.redeliver;
    },
  };
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now = after(now, ms);
    },
  };
  const findings = await checkGitHub({ github, hook, store, clock, check: scene.check });
  for (const finding of findings) expect(finding.mend === '').toBe(finding.result === 'ok');
  const about = (name: string, subject = '') =>
    findings.find((finding) => finding.check === name && finding.subject === subject);
  return { findings, about };
}

describe('a check of GitHub', () => {
  it('finds nothing when all is well', async () => {
    const { findings } = await check();
    expect(findings.filter(({ result }) => result !== 'ok')).toEqual([]);
    expect(findings.map(({ check: name, subject }) => `${name} ${subject}`.trim())).toEqual([
      'key',
      'events',
      'webhook',
      'deliveries',
      'installations',
      'permissions Acme',
      'runner groups Acme',
      'permissions sam',
    ]);
  });

  it('ends at a key that GitHub does not take', async () => {
    scene.refuses = new GitHubError('GitHub refused to tell who we are: 401 Bad credentials', {
      kind: 'unauthorised',
    });
    const { findings } = await check();
    expect(findings).toMatchObject([
      { check: 'key', result: 'failure', mend: expect.stringContaining('clock') },
    ]);
  });

  it('lets what is no refusal of GitHub go on as an error', async () => {
    scene.app = undefined as unknown as AppInfo;
    await expect(check()).rejects.toThrow(TypeError);
  });

  it.each<[string, () => void, string, string, 'warning' | 'failure', string]>([
    [
      'a key of another App',
      () => (scene.check = { ...scene.check, appId: 8 }),
      'key',
      '',
      'failure',
      '7, not to 8',
    ],
    ['no event', () => (scene.app = { ...scene.app, events: [] }), 'events', '', 'failure', 'slow poll'],
    ['no installation', () => (scene.installations = []), 'installations', '', 'failure', 'not installed'],
    [
      'an installation that we do not serve',
      () => (scene.check = { ...scene.check, owners: ['globex'] }),
      'installations',
      '',
      'failure',
      'only globex',
    ],
    [
      'a runner group that is not there',
      () => (scene.check = { ...scene.check, runnerGroups: { acme: 9 } }),
      'runner groups',
      'Acme',
      'failure',
      'Default (1)',
    ],
    [
      'a runner group for some repositories',
      () => (scene.groups = scene.groups.map((group) => ({ ...group, visibility: 'selected' }))),
      'runner groups',
      'Acme',
      'warning',
      'only selected repositories',
    ],
  ])('tells of %s', async (_what, spoil, name, subject, result, word) => {
    spoil();
    const { about } = await check();
    expect(about(name, subject)).toMatchObject({ result, meaning: expect.stringContaining(word) });
  });

  it('says that check runs are optional, and how to have them', async () => {
    expect((await check()).about('check runs', 'Acme')).toBeUndefined();
    scene.check = { ...scene.check, checkRuns: true };
    expect((await check()).about('check runs', 'Acme')).toMatchObject({
      result: 'warning',
      mend: expect.stringContaining('Checks: Read and write'),
    });
    scene.installations = scene.installations.map((one) => ({
      ...one,
      permissions: { ...one.permissions, checks: 'write' },
    }));
    expect((await check()).about('check runs', 'Acme')?.result).toBe('ok');
  });

  it('names the permissions that an organisation and a user have not granted', async () => {
    scene.installations = scene.installations.map((one) => ({ ...one, permissions: { actions: 'read' } }));
    const { about } = await check();
    expect(about('permissions', 'Acme')?.meaning).toBe('Missing: organization_self_hosted_runners: write.');
    expect(about('permissions', 'sam')?.meaning).toBe('Missing: administration: write.');
    scene.installations = scene.installations.map((one) => ({ ...one, permissions: {} }));
    expect((await check()).about('permissions', 'Acme')?.meaning).toBe(
      'Missing: organization_self_hosted_runners: write, actions: read.',
    );
  });

  it('names an installation that has not accepted the event', async () => {
    scene.installations = scene.installations.map((one) => ({
      ...one,
      events: one.account === 'sam' ? [] : one.events,
    }));
    const { about } = await check();
    expect(about('events')?.result).toBe('ok');
    expect(about('events', 'sam')).toMatchObject({
      result: 'failure',
      mend: expect.stringContaining('subscribe'),
    });
    expect(about('events', 'Acme')).toBeUndefined();
  });

  it('takes more than is needed for enough, and less for missing', async () => {
    const permissions = { organization_self_hosted_runners: 'read', actions: 'write' };
    scene.installations = scene.installations.slice(0, 1).map((one) => ({ ...one, permissions }));
    expect((await check()).about('permissions', 'Acme')?.meaning).toBe(
      'Missing: organization_self_hosted_runners: write.',
    );
  });

  it('serves every installation when told so', async () => {
    scene.check = { ...scene.check, owners: ['*'] };
    expect((await check()).about('installations')?.meaning).toContain('Acme, sam');
  });

  it('shows what could not be read', async () => {
    await store.transaction((tx) => tx.deliveries.mark(guid(1), 'unreadable', 'the body is not JSON'));
    expect((await check()).about('deliveries')).toMatchObject({
      result: 'warning',
      meaning: expect.stringContaining('the body is not JSON'),
    });
  });
});

describe('the webhook', () => {
  const webhook = async () => (await check()).about('webhook');

  it('is tried with the old ping, not with a delivery of work', async () => {
    expect(await webhook()).toMatchObject({ result: 'ok' });
    expect(scene.attempts[0]).toMatchObject({ id: 101, event: 'ping' });
  });

  it.each<[string, () => void, 'warning' | 'failure', string]>([
    ['not there', () => (scene.app = { ...scene.app, webhookUrl: undefined }), 'failure', 'no webhook'],
    [
      'at another address',
      () => (scene.app = { ...scene.app, webhookUrl: 'https://old.example/hook' }),
      'failure',
      'https://old.example/hook',
    ],
    ['untried', () => (scene.attempts = []), 'warning', 'nothing to try it with'],
    ['too old to try', () => (scene.redeliver = 'too-old'), 'warning', 'not tried'],
    ['slow', () => (scene.answer = undefined), 'warning', 'not made it yet'],
    [
      'out of reach',
      () => (scene.answer = { status: 'failed to connect to host', statusCode: 0 }),
      'failure',
      'failed to connect to host',
    ],
    [
      'signed with another secret',
      () => (scene.answer = { status: '', statusCode: 401 }),
      'failure',
      'signature',
    ],
    ['broken', () => (scene.answer = { status: '', statusCode: 502 }), 'failure', '502'],
    ['answered by somebody else', () => (store = openMemoryStore()), 'failure', 'somebody else'],
  ])('that is %s is told', async (_what, spoil, result, word) => {
    spoil();
    expect(await webhook()).toMatchObject({ result, meaning: expect.stringContaining(word) });
  });

  it('is not compared with an address that nobody told', async () => {
    scene.check = { ...scene.check, publicUrl: undefined };
    expect(await webhook()).toMatchObject({ result: 'ok' });
  });
});
