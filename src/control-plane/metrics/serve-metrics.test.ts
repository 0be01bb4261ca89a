import { expect, it } from 'vitest';
import { ControlPlaneWorld, testSettings } from '../../../test/support/control-plane-world.ts';
import { namesIn, promtool, seriesValue, whyNoPrometheus } from '../../../test/support/prometheus.ts';
import { matrixOf } from '../../../test/support/workflows.ts';
import { PromPrinter } from '../../adapters/metrics-prom/prom-printer.ts';
import { admin, type Caller } from '../../domain/access/caller.ts';
import type { HostVitals, ImageAge, ToldVitals } from '../../domain/hosts/vitals.ts';
import { hostId } from '../../domain/ids.ts';
import { after, days, instantOf, minutes, seconds } from '../../domain/time.ts';
import { tokenHash } from '../requests/tokens.ts';
import { type MetricsDeps, serveMetrics } from './serve-metrics.ts';

const acme: Caller = { kind: 'token', name: 'acme', key: 'acme', reach: ['acme'], mayOperate: false };
const callers: Record<string, Caller> = {
  'Bearer admin': admin,
  'Bearer acme': acme,
  'Bearer none': { ...acme, reach: [] },
};

const depsOf = (world: ControlPlaneWorld): MetricsDeps => ({
  store: world.store,
  clock: world.clock,
  printer: new PromPrinter(),
  version: '1.2.3',
  image: testSettings.image,
  tokenHashes: [tokenHash('scraper')],
  identify: async ({ authorization }) => callers[authorization ?? ''],
});

const scrape = async (deps: MetricsDeps, token = 'admin'): Promise<string> => {
  const { status, text } = await serveMetrics(deps, `Bearer ${token}`);
  expect(status).toBe(200);
  return text;
};

/** Two accounts; acme's jobs find room, globex's are too many. */
async function busyWorld(): Promise<ControlPlaneWorld> {
  const world = new ControlPlaneWorld({ owners: ['*'] });
  world.github.createOrganization('globex');
  world.github.installApp('globex');
  world.github.createRepository({ owner: 'globex', name: 'app', private: true });
  await world.addHost('rack', 2);
  await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(3) });
  const isOver = async (): Promise<boolean> => {
    const [jobs, vms] = [await world.jobs(), await world.vms()];
    return jobs.length === 3 && [...jobs, ...vms].every(({ state }) => state === 'done' || state === 'gone');
  };
  expect(await world.until(isOver, minutes(30))).toBe(true);
  return world;
}

it('counts what came, what ran and how long each phase took', async () => {
  const world = await busyWorld();
  const deps = depsOf(world);
  await world.clock.advance(minutes(2));
  const text = await scrape(deps);
  expect(seriesValue(text, 'bellows_build_info{version="1.2.3"}')).toBe(1);
  expect(seriesValue(text, 'bellows_jobs_queued_total{owner="acme"}')).toBe(3);
  expect(seriesValue(text, 'bellows_vms_launched_total{owner="acme"}')).toBe(3);
  expect(seriesValue(text, 'bellows_jobs_finished_total{owner="acme",conclusion="success"}')).toBe(3);
  const phase = (of: string) => seriesValue(text, `bellows_job_phase_duration_seconds_${of}`);
  expect(phase('count{owner="acme",phase="running"}')).toBe(3);
  expect(phase('sum{owner="acme",phase="running"}')).toBeGreaterThan(0);
  expect(phase('bucket{le="+Inf",owner="acme",phase="running"}')).toBe(3);
  expect(seriesValue(text, 'bellows_host_up{host="rack"}')).toBe(1);
  expect(seriesValue(text, 'bellows_host_vms{host="rack"}')).toBe(0);
  expect(seriesValue(text, 'bellows_host_memory_bytes{host="rack"}')).toBe(2 * 4096 * 2 ** 20);
});

it('tells how hosts do, as long as it is news, and how old what runs there is', async () => {
  const world = new ControlPlaneWorld();
  await world.addHost('rack', 1);
  const at = world.clock.now();
  const image: ImageAge = {
    digest: testSettings.image,
    builtAt: after(at, -days(3)),
    runner: { version: '2.336.0', releasedAt: after(at, -days(8)) },
  };
  const told: ToldVitals = {
    load: [1.5, 2, 3],
    processors: 8,
    memoryBytes: 1000,
    memoryAvailableBytes: 400,
    diskBytes: 50,
    diskFreeBytes: 20,
    egress: { receivedBytes: 5, sentBytes: 6 },
    kernel: '6.1',
    images: [image],
  };
  const put = (one: HostVitals) => world.store.transaction((tx) => tx.vitals.put(one));
  await put({ host: hostId('host-rack'), at, roundTripMs: 12, told });
  await put({ host: hostId('host-that-is-removed'), at, told });
  const text = await scrape(depsOf(world));
  const of = (name: string, from = text) => seriesValue(from, `bellows_host_${name}{host="rack"}`);
  expect(of('ping_seconds')).toBe(0.012);
  expect(of('load1')).toBe(1.5);
  expect(of('machine_memory_available_bytes')).toBe(400);
  expect(of('machine_disk_free_bytes')).toBe(20);
  expect(of('egress_sent_bytes_total')).toBe(6);
  expect(of('vms_busy')).toBe(0);
  expect(of('image_age_seconds')).toBe(3 * 86_400);
  expect(seriesValue(text, 'bellows_host_runner_info{host="rack",version="2.336.0"}')).toBe(1);
  expect(text).not.toContain('host-that-is-removed');
  if (whyNoPrometheus === undefined) await promtool(['check', 'metrics'], text);
  // Its agent tells none, so what was told stays as it is.
  await put({ host: hostId('host-rack'), at: after(at, -minutes(3)), told });
  const later = await scrape(depsOf(world));
  expect(of('load1', later)).toBeUndefined();
  expect(of('runner_age_seconds', later)).toBe(8 * 86_400);
});

it("tells GitHub's limits as its headers told them, and nothing of those that no header tells", async () => {
  const world = new ControlPlaneWorld();
  const now = world.clock.now();
  const told = { remaining: 4_900, limit: 5_000, resetAt: after(now, minutes(30)), recent: [] };
  const counted = { remaining: Number.MAX_SAFE_INTEGER - 1, resetAt: instantOf(0), recent: [now] };
  await world.store.transaction(async (tx) => {
    await tx.budget.put('installation:7', told);
    await tx.budget.put('registrations:org:acme#1', counted);
  });
  const text = await scrape(depsOf(world));
  const of = (name: string) => seriesValue(text, `bellows_github_api_${name}{bucket="installation:7"}`);
  expect([of('remaining_calls'), of('limit_calls'), of('reset_seconds')]).toEqual([4_900, 5_000, 1_800]);
  expect(text).not.toContain('bucket="registrations');
});

it('counts each thing once, whoever is asked and however often', async () => {
  const world = await busyWorld();
  const counters = (text: string): string[] =>
    text.split('\n').filter((line) => /^bellows_\w+(_total|_count)\{/.test(line));
  await world.clock.advance(minutes(3));
  const first = counters(await scrape(depsOf(world)));
  const both = await Promise.all([scrape(depsOf(world)), scrape(depsOf(world))]);
  expect(both.map(counters)).toEqual([first, first]);
  await world.clock.advance(minutes(600));
  expect(counters(await scrape(depsOf(world))).filter((line) => !line.includes('repairs'))).toEqual(
    first.filter((line) => !line.includes('repairs')),
  );
});

it('has no counter that ever falls, at whatever moment it is read', async () => {
  const world = new ControlPlaneWorld();
  await world.addHost('rack', 2);
  await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(6) });
  const before = new Map<string, number>();
  for (let i = 0; i < 120; i += 1) {
    await world.clock.advance(seconds(7));
    for (const line of (await scrape(depsOf(world))).split('\n')) {
      const [, series, value] = /^(bellows_\w+(?:_total|_count|_bucket)\{.*\}) (\d+)$/.exec(line) ?? [];
      if (series === undefined) continue;
      expect(Number(value), series).toBeGreaterThanOrEqual(before.get(series) ?? 0);
      before.set(series, Number(value));
    }
  }
  expect(before.get('bellows_vms_launched_total{owner="acme"}')).toBe(6);
});

it('tells how many wait, for how long, and that they are late', async () => {
  const world = new ControlPlaneWorld();
  await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(4) });
  await world.clock.advance(minutes(5));
  const text = await scrape(depsOf(world));
  expect(seriesValue(text, 'bellows_jobs{owner="acme",state="queued"}')).toBe(4);
  expect(seriesValue(text, 'bellows_delayed_jobs{owner="acme"}')).toBe(4);
  const age = seriesValue(text, 'bellows_oldest_queued_job_age_seconds{owner="acme"}');
  expect(age).toBeGreaterThan(280);
  expect(age).toBeLessThanOrEqual(300);
});

it('shows an account its own series and nothing else (I9)', async () => {
  const world = await busyWorld();
  await world.github.push({ repository: 'globex/app', workflowYaml: matrixOf(5) });
  await world.clock.advance(minutes(1));
  const [all, own] = [await scrape(depsOf(world)), await scrape(depsOf(world), 'acme')];
  expect(all).toContain('globex');
  expect(own).toContain('acme');
  expect(own).not.toContain('globex');
  const shared = [...namesIn(own)].filter((name) => /host|github_api|repairs|deliveries/.test(name));
  expect(shared).toEqual([]);
});

it('answers who has a token, and nobody else', async () => {
  const deps = depsOf(new ControlPlaneWorld());
  const statusOf = async (header: string | undefined) => (await serveMetrics(deps, header)).status;
  expect(await statusOf('Bearer scraper')).toBe(200);
  expect(await statusOf('Bearer guess')).toBe(401);
  expect(await statusOf(undefined)).toBe(401);
  expect(await statusOf('Bearer none')).toBe(403);
});

it.skipIf(whyNoPrometheus)('is as promtool wants it', async () => {
  const text = await scrape(depsOf(await busyWorld()));
  await promtool(['check', 'metrics'], text);
  await expect(promtool(['check', 'metrics'], text.replaceAll('_total', '_count'))).rejects.toThrow();
});
