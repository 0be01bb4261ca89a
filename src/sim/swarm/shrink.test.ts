import { expect, test } from 'vitest';
import { minutes, seconds } from '../../domain/time.ts';
import type { SwarmOptions } from './options.ts';
import type { SeedResult } from './run-seed.ts';
import { shrink } from './shrink.ts';

const large: SwarmOptions = {
  seed: 1,
  stormMs: minutes(40),
  servers: 3,
  organizations: 2,
  repositories: 3,
  hosts: [
    { cpus: 4, memoryMib: 8192, labels: [] },
    { cpus: 4, memoryMib: 8192, labels: ['gpu'] },
    { cpus: 4, memoryMib: 8192, labels: [] },
  ],
  runs: 12,
  width: 8,
  jobMs: [seconds(2), minutes(10)],
  faults: { 'call-failed': 0.1, 'delivery-lost': 0.2, 'host-reboot': 2, partition: 1, 'vm-panics': 0.1 },
  alerts: true,
};

const ended = (outcome: SeedResult['outcome'], checker: string): SeedResult => ({
  seed: 1,
  outcome,
  findings:
    outcome === 'ok' || outcome === 'crash'
      ? []
      : [{ checker, family: 'correctness', at: 0 as never, what: 'it' }],
  jobs: 0,
  vms: 0,
  webhooks: 0,
  repairs: {},
  lastedMs: 0,
  calmMs: 0,
  injected: {},
  lines: 0,
  digest: '',
});

const wrong = ended('correctness', 'I2 one VM, one job');

test('takes away all that the failure does not need, and nothing that it needs', async () => {
  // It takes a lost delivery, two servers and the host with the label.
  const isWrong = ({ faults, servers, hosts }: SwarmOptions): boolean =>
    faults['delivery-lost'] !== undefined &&
    servers >= 2 &&
    hosts.some(({ labels }) => labels.includes('gpu'));
  const run = async (options: SwarmOptions): Promise<SeedResult> =>
    isWrong(options) ? wrong : ended('ok', '');
  const { options, tries } = await shrink(large, wrong, run, () => true);
  expect(options.faults).toEqual({ 'delivery-lost': 0.2 });
  expect(options.hosts).toEqual([{ cpus: 4, memoryMib: 8192, labels: ['gpu'] }]);
  expect(options).toMatchObject({ servers: 2, organizations: 1, repositories: 1, runs: 1, width: 1 });
  expect(options.alerts).toBeUndefined();
  expect(options.stormMs).toBeLessThanOrEqual(minutes(5));
  expect(options.jobMs[1]).toBeLessThanOrEqual(seconds(10));
  expect(tries).toBeLessThan(150);
});

test('does not take another failure for the same', async () => {
  const run = async ({ faults }: SwarmOptions): Promise<SeedResult> =>
    Object.keys(faults).length === 5 ? wrong : ended('correctness', 'I6 what runs fits into memory');
  const { options } = await shrink(large, wrong, run, () => true);
  expect(options.faults).toEqual(large.faults);
  expect(options.servers).toBe(1);
});

test('does not take a sound run for a crash, which has no finding either', async () => {
  const { options } = await shrink(
    large,
    ended('crash', ''),
    async () => ended('ok', ''),
    () => true,
  );
  expect(options).toEqual(large);
});

test('gives the shortest so far when its time is over', async () => {
  let left = 3;
  const run = async (): Promise<SeedResult> => wrong;
  const { tries, result } = await shrink(large, wrong, run, () => {
    left -= 1;
    return left >= 0;
  });
  expect(tries).toBeLessThanOrEqual(3);
  expect(result).toBe(wrong);
});
