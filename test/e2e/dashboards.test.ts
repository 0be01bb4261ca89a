// What we ship for Prometheus and Grafana asks only for metrics that a control plane prints.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { PromPrinter } from '../../src/adapters/metrics-prom/prom-printer.ts';
import { serveMetrics } from '../../src/control-plane/metrics/serve-metrics.ts';
import { admin } from '../../src/domain/access/caller.ts';
import { hostId } from '../../src/domain/ids.ts';
import { after, days, minutes } from '../../src/domain/time.ts';
import { vitals } from '../contract/store/things.ts';
import { ControlPlaneWorld, testSettings } from '../support/control-plane-world.ts';
import { namesIn, promtool, whyNoPrometheus } from '../support/prometheus.ts';
import { root } from '../support/source-tree.ts';
import { matrixOf } from '../support/workflows.ts';

const rulesFolder = join(root, 'deploy/prometheus');
const rules = z.object({
  groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })),
});
const dashboard = z.object({
  uid: z.string(),
  templating: z.object({ list: z.array(z.object({ query: z.string() })) }),
  panels: z.array(z.object({ id: z.number(), targets: z.array(z.object({ expr: z.string() })) })),
});

const readRules = async () => {
  const { groups } = rules.parse(parse(await readFile(join(rulesFolder, 'bellows.rules.yaml'), 'utf8')));
  return groups.flatMap((group) => group.rules);
};

async function readDashboards() {
  const folder = join(root, 'deploy/grafana');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  return Promise.all(
    names.map(async (name) => dashboard.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))),
  );
}

const metricsIn = (text: string): string[] => text.match(/\bbellows_\w+/g) ?? [];

async function aScrape(): Promise<string> {
  const world = new ControlPlaneWorld();
  await world.addHost('rack', 1);
  await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(2) });
  await world.clock.advance(minutes(30));
  const now = world.clock.now();
  const about = { name: 'ci', scopes: [], owners: [], createdBy: 'ada', createdAt: now };
  const expiresAt = after(now, days(2));
  await world.store.transaction(async (tx) => {
    await tx.apiTokens.add({ ...about, id: 't1', hash: 'a'.repeat(64), expiresAt });
    await tx.vitals.put(vitals(hostId('host-rack'), { at: now }));
    await tx.loops.put('certificate', { host: 'bellows.example', endsAt: expiresAt });
    // The simulated GitHub in process has no headers to tell it by.
    await tx.budget.put('app', { remaining: 1, limit: 2, resetAt: expiresAt, recent: [] });
  });
  const { text } = await serveMetrics(
    {
      store: world.store,
      clock: world.clock,
      printer: new PromPrinter(),
      version: '1',
      image: testSettings.image,
      tokenHashes: [],
      identify: async () => admin,
    },
    'Bearer x',
  );
  return text;
}

it('every metric in rules and dashboards is there in a scrape', async () => {
  const printed = namesIn(await aScrape());
  const dashboards = await readDashboards();
  expect(dashboards.length).toBeGreaterThan(1);
  const asked = [
    ...(await readRules()).map(({ expr }) => expr),
    ...dashboards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))),
    ...dashboards.flatMap(({ templating }) => templating.list.map(({ query }) => query)),
  ].flatMap(metricsIn);
  const unknown = asked.filter((name) => !printed.has(name));
  expect(unknown).toEqual([]);
  expect(asked.length).toBeGreaterThan(20);
});

it('no panel has the number of another', async () => {
  for (const { panels } of await readDashboards()) {
    const ids = panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  }
});

it.skipIf(whyNoPrometheus)('promtool takes the rules, and each of them fires when it should', async () => {
  await promtool(['check', 'rules', join(rulesFolder, 'bellows.rules.yaml')]);
  await promtool(['test', 'rules', join(rulesFolder, 'bellows.rules.test.yaml')]);
  const tests = await readFile(join(rulesFolder, 'bellows.rules.test.yaml'), 'utf8');
  expect((await readRules()).map(({ alert }) => alert).filter((alert) => !tests.includes(alert))).toEqual([]);
});
