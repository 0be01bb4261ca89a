// The product as it runs, scraped by a real Prometheus.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { makeProduct } from '../support/product.ts';
import { type Program, startProgram } from '../support/program.ts';
import { promtool, whyNoPrometheus } from '../support/prometheus.ts';
import { root } from '../support/source-tree.ts';

const answer = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const rules = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })),
      }),
    ),
  }),
});

/** Prometheus in a folder of its own, with the rules that we ship, scraping the server each second. */
async function startPrometheus(folder: string, target: string, tokenFile: string) {
  const port = await freePort();
  const config = [
    'global: {scrape_interval: 1s, evaluation_interval: 1s}',
    `rule_files: ['${join(root, 'deploy/prometheus/bellows.rules.yaml')}']`,
    'scrape_configs:',
    '  - job_name: bellows',
    `    authorization: {credentials_file: ${tokenFile}}`,
    `    static_configs: [{targets: ['${target}']}]`,
  ].join('\n');
  await writeFile(join(folder, 'prometheus.yaml'), config);
  await promtool(['check', 'config', join(folder, 'prometheus.yaml')]);
  const program = await startProgram(
    [
      '/usr/bin/prometheus',
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { env: { PATH: process.env.PATH ?? '' }, logPath: join(folder, 'prometheus.log') },
  );
  const query = async (text: string): Promise<z.output<typeof answer>['data']['result']> => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`;
    const response = await fetch(url).catch(() => undefined);
    return response?.ok ? answer.parse(await response.json()).data.result : [];
  };
  /** What became of each of the rules; `unknown` until it was judged for the first time. */
  const judged = async () => {
    const { data } = rules.parse(await (await fetch(`http://127.0.0.1:${port}/api/v1/rules`)).json());
    return data.groups.flatMap((group) => group.rules);
  };
  return { program, query, judged };
}

it.skipIf(whyNoPrometheus)(
  'a Prometheus scrapes the server and sees its jobs',
  { timeout: 300_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bellows-prometheus-'));
    const product = await makeProduct({ image: `sha256:${'1'.repeat(64)}` });
    let scraper: Program | undefined;
    try {
      const tokenFile = join(folder, 'token');
      await writeFile(tokenFile, 'a-token-for-metrics\n', { mode: 0o600 });
      await product.startServer({ BELLOWS_METRICS_TOKEN_FILE: tokenFile });
      const target = `127.0.0.1:${product.serverPort}`;
      const { program, query, judged } = await startPrometheus(folder, target, tokenFile);
      scraper = program;
      const workflowYaml = 'on: push\njobs:\n  build: {runs-on: [bellows-2cpu-4gb], steps: [{run: make}]}\n';
      await product.github.push({ repository: 'acme/app', workflowYaml });
      const wait = { timeout: 200_000, interval: 500 };
      const found = await vi.waitUntil(async () => {
        const result = await query('bellows_jobs{state="queued"} == 1');
        return result.length > 0 && result;
      }, wait);
      expect(found).toMatchObject([{ metric: { job: 'bellows', owner: 'acme' } }]);
      expect(await query('up{job="bellows"}')).toMatchObject([{ value: [expect.anything(), '1'] }]);
      const ofRules = await vi.waitUntil(async () => {
        const all = await judged();
        return all.length > 5 && all.every(({ health }) => health !== 'unknown') && all;
      }, wait);
      expect(ofRules.filter(({ health }) => health !== 'ok')).toEqual([]);
      // The file with the token is good for nothing else.
      const headers = { authorization: 'Bearer a-token-for-metrics' };
      expect((await fetch(`http://${target}/api/bellows/v1/jobs`, { headers })).status).toBe(401);
      expect((await fetch(`http://${target}/metrics`)).status).toBe(401);
    } finally {
      await scraper?.end();
      await product.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
