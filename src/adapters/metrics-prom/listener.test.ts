import { expect, it } from 'vitest';
import { promtool, seriesValue, whyNoPrometheus } from '../../../test/support/prometheus.ts';
import { agentFamilies } from '../../domain/metrics/agent-families.ts';
import type { Log } from '../../ports/log.ts';
import { listenForScrapes } from './listener.ts';
import { PromPrinter } from './prom-printer.ts';

const logged: string[] = [];
const log: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (message) => void logged.push(message),
  with: () => log,
};
const look = {
  version: '1.2.3',
  driver: 'qemu',
  vms: ['running', 'running', 'stopping'],
  load: [0.5, 1, 2],
  memoryBytes: 1024,
  memoryAvailableBytes: 512,
  diskBytes: 4096,
  diskFreeBytes: 2048,
  egress: { receivedBytes: 7, sentBytes: 9 },
  vmTraffic: { receivedBytes: 5, sentBytes: 6 },
} as const;
const here = { host: '127.0.0.1', port: 0 };

it("serves an agent's metrics, as promtool wants them", async ({ skip }) => {
  const listener = await listenForScrapes(here, async () => agentFamilies(look), new PromPrinter(), log);
  const base = `http://127.0.0.1:${listener.port}`;
  const text = await (await fetch(`${base}/metrics`)).text();
  expect((await fetch(base)).status).toBe(404);
  await listener.close();
  expect(seriesValue(text, 'bellows_agent_vms{state="running"}')).toBe(2);
  expect(seriesValue(text, 'bellows_agent_egress_sent_bytes_total')).toBe(9);
  expect(seriesValue(text, 'bellows_agent_vms_received_bytes_total')).toBe(5);
  if (whyNoPrometheus !== undefined) skip(whyNoPrometheus);
  await promtool(['check', 'metrics'], text);
});

it('answers 500 when it cannot look, and says why in the log only', async () => {
  const failing = async (): Promise<never> => {
    throw new Error('the secret is 42');
  };
  const listener = await listenForScrapes(here, failing, new PromPrinter(), log);
  const response = await fetch(`http://127.0.0.1:${listener.port}/metrics`);
  expect([response.status, await response.text()]).toEqual([500, 'Our fault.\n']);
  expect(logged).toEqual(['metrics request failed']);
  await listener.close();
});

it('listens on the machine itself only', async () => {
  const open = listenForScrapes({ host: '0.0.0.0', port: 0 }, async () => [], new PromPrinter(), log);
  await expect(open).rejects.toThrow('loopback');
});
