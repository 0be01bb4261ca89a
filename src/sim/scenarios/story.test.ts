import { describe, expect, test } from 'vitest';
import { SystemClock } from '../../adapters/system/clock.ts';
import { minutes, seconds } from '../../domain/time.ts';
import { chooseOptions } from '../swarm/options.ts';
import { fromSwarm } from './from-swarm.ts';
import type { Audience } from './scenario.ts';
import type { Stage } from './stage.ts';
import { type Story, story } from './story.ts';

const oneJob = async (stage: Stage): Promise<void> => {
  stage.push();
  await stage.wait(seconds(10));
};

/** As a library would that the product calls. */
const realTimer = async (stage: Stage): Promise<void> => {
  stage.push();
  await new SystemClock().sleep(1);
};

async function perform(told: Partial<Story>) {
  const lines: string[] = [];
  const events: string[] = [];
  const audience: Audience = { tell: (line) => lines.push(line), onLine: (line) => events.push(line) };
  const whole = { name: 'a-try', about: 'It is tried.', play: oneJob, end: async () => {}, ...told };
  const ending = await story(whole).play(audience);
  return { ending, lines, events };
}

describe('a story', () => {
  test('ends well when everything gets done and what it insists on holds', async () => {
    const { ending, lines } = await perform({ end: async (stage) => stage.insistOn('success') });
    expect(ending).toMatchObject({ outcome: 'ok', findings: [], jobs: 1, vms: 1, webhooks: 3 });
    expect(lines.at(-1)).toContain('Everything is done. Jobs: 1 success. VMs: 1. Mended: nothing.');
  });

  test('fails with its own words when something that it insists on does not hold', async () => {
    const { ending } = await perform({ end: (stage) => stage.insistOnVms(2) });
    expect(ending.outcome).toBe('correctness');
    expect(ending.findings).toMatchObject([{ checker: 'the story', what: '2 VMs were asked for, not 1' }]);
  });

  test('fails when what it waits for does not come', async () => {
    const { ending } = await perform({
      play: (stage) => stage.until('pigs fly', () => false, minutes(1)),
    });
    expect(ending.findings.map(({ what }) => what)).toEqual(['pigs fly within 60 s']);
  });

  // Six hours pass before it is given up.
  test('fails for want of liveness when a job is left that nobody can run', async () => {
    const { ending } = await perform({ setting: { hosts: [1] } });
    expect(ending.outcome).toBe('liveness');
    expect(ending.findings[0]?.what).toContain('GitHub holds job');
  });

  test('is a crash when an error escapes', async () => {
    const { ending } = await perform({ play: () => Promise.reject(new Error('it tripped')) });
    expect(ending).toMatchObject({ outcome: 'crash', error: expect.stringContaining('it tripped') });
  });

  test('ends when a checker speaks', async () => {
    const { ending } = await perform({
      async play(stage) {
        const run = stage.push();
        await stage.wait(seconds(10));
        // Somebody starts a job a second time, which GitHub never does.
        for (const { starts } of run.jobs) starts.push(...starts);
        await stage.wait(minutes(1));
      },
      end: (stage) => stage.insistOnVms(99),
    });
    expect(ending.outcome).toBe('correctness');
    expect(ending.findings.map(({ checker }) => checker)).not.toContain('the story');
  });

  test.each<[string, Story['play']]>([
    ['a timer', (stage) => realTimer(stage)],
    ['a timer, though it catches the error', (stage) => realTimer(stage).catch(() => oneJob(stage))],
  ])('is a crash when it reaches for anything real: %s', async (_what, play) => {
    const { ending } = await perform({ play });
    expect(ending.outcome).toBe('crash');
    expect(ending.error).toContain('the simulated world reached for node:timers/promises setTimeout');
  });

  test('is told the same each time, byte for byte', async () => {
    const [first, second] = [await perform({}), await perform({})];
    expect(second.lines).toEqual(first.lines);
    expect(second.events).toEqual(first.events);
  });
});

test('a seed of the swarm is a scenario', async () => {
  const lines: string[] = [];
  const options = { ...chooseOptions(1), stormMs: minutes(2), runs: 1, faults: {} };
  const ending = await fromSwarm('a-seed', 'It failed once.', options).play({
    tell: (line) => lines.push(line),
  });
  expect(ending).toMatchObject({ outcome: 'ok', findings: [], report: { seed: 1, injected: {} } });
  expect(lines[0]).toBe('a-seed: It failed once.');
});
