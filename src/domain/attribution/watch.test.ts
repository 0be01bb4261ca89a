import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anOutcome, aTime, watcher } from './attribution.fixture.ts';
import { accountsOf, reasonsIn } from './incident.ts';
import { defaultRules } from './rules.ts';
import type { Sample } from './sample.ts';

/** Durations that repeat, spread by `spread`. */
const spread = (id: number, ms: number, by = 0.2): number =>
  Math.round(ms * Math.exp(by * Math.sin(id * 2.399)));

/** @param ms of the phase in each minute, one job each. */
function play(ms: readonly number[], make: (id: number, ms: number) => Sample) {
  const watch = watcher();
  for (const [index, value] of ms.entries()) watch.minute([make(index + 1, value)]);
  return watch;
}

const booting = (id: number, ms: number): Sample => aTime(id, 'booting', spread(id, ms));
const minutesOf = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

describe('an incident', () => {
  it('opens when a phase gets one and a half times as long, and closes when it is as usual again', () => {
    const watch = play([...minutesOf(300, 3_000), ...minutesOf(20, 4_700)], booting);
    const [incident] = [...watch.incidents.values()];
    expect(incident).toMatchObject({
      owner: 'host',
      subject: 'host:host-1',
      evidence: [{ what: 'booting' }],
    });
    expect((incident?.openedAt ?? 0) - (incident?.since ?? 0)).toBeLessThan(15 * 60_000);
    expect(incident?.evidence[0]?.ratio).toBeGreaterThan(1.3);
    expect(incident?.evidence[0]?.examples.length).toBeGreaterThan(1);
    expect(incident && accountsOf(incident)).toEqual(['acme', 'globex']);
    for (let id = 1_000; id < 1_030; id += 1) watch.minute([booting(id, 3_000)]);
    const [closed] = [...watch.incidents.values()];
    expect(closed?.ending).toBe('calm');
    expect(watch.incidents.size).toBe(1);
  });

  it('is the same one when it comes back soon', () => {
    const again = [...minutesOf(20, 9_000), ...minutesOf(15, 3_000), ...minutesOf(20, 9_000)];
    const watch = play([...minutesOf(300, 3_000), ...again], booting);
    expect([...watch.incidents.values()].map(({ closedAt }) => closedAt)).toEqual([undefined]);
  });

  it('counts by what jobs failed, for each account', () => {
    const watch = watcher();
    for (let id = 1; id < 400; id += 1) watch.minute([anOutcome(id, 'network', id % 50 === 0)]);
    for (let id = 400; id < 420; id += 1) {
      const why = id % 4 === 0 ? ('dns' as const) : ('rate-limited' as const);
      watch.minute([anOutcome(id, 'network', true, { class: why })]);
    }
    const [incident] = [...watch.incidents.values()];
    const [evidence] = incident?.evidence ?? [];
    if (evidence === undefined) throw new Error('there is no incident');
    expect(incident).toMatchObject({ owner: 'network' });
    const [most, least] = reasonsIn(evidence);
    expect([most?.class, least?.class]).toEqual(['rate-limited', 'dns']);
    expect((most?.jobs ?? 0) + (least?.jobs ?? 0)).toBe(evidence.jobs);
    // Odd ones are globex's, and every fourth is a name that did not resolve.
    expect(reasonsIn(evidence, (account) => account === 'globex').map((one) => one.class)).toEqual([
      'rate-limited',
    ]);
  });

  it('tells of failures', () => {
    const watch = watcher();
    for (let id = 1; id < 400; id += 1) watch.minute([anOutcome(id, 'host', id % 50 === 0)]);
    for (let id = 400; id < 415; id += 1) watch.minute([anOutcome(id, 'host', id % 2 === 0)]);
    expect([...watch.incidents.values()]).toMatchObject([
      { owner: 'host', evidence: [{ what: 'failures' }] },
    ]);
  });

  it('of a run with many failing jobs is none', () => {
    const watch = watcher();
    for (let id = 1; id < 200; id += 1) watch.minute([anOutcome(id, 'workflow', id % 20 === 0)]);
    const ofRun = (id: number) =>
      anOutcome(id, 'workflow', true, { run: anOutcome(7_777, 'workflow', true).run });
    for (let id = 200; id < 230; id += 1) watch.minute([ofRun(id)]);
    expect(watch.incidents.size).toBe(0);
  });

  it('of jobs that run longer on a host that is slow is that host’s alone', () => {
    const watch = watcher();
    const both = (id: number, slow: number): Sample[] => [
      booting(id, 3_000 * slow),
      aTime(id, 'running', spread(id, 100_000 * slow)),
    ];
    for (let id = 1; id < 400; id += 1) watch.minute(both(id, 1));
    for (let id = 400; id < 440; id += 1) watch.minute(both(id, 2));
    expect([...watch.incidents.values()].map(({ owner }) => owner)).toEqual(['host']);
  });

  it('closes when nothing is seen any more, and when it has become the usual', () => {
    const silent = play([...minutesOf(300, 3_000), ...minutesOf(20, 9_000)], booting);
    for (let minute = 0; minute < 200; minute += 1) silent.minute([]);
    expect([...silent.incidents.values()].map(({ ending }) => ending)).toEqual(['silence']);

    const forGood = play([...minutesOf(300, 3_000), ...minutesOf(1_700, 9_000)], booting);
    expect([...forGood.incidents.values()].map(({ ending }) => ending)).toEqual(['usual']);
  });
});

describe('the rules', () => {
  test.prop([fc.integer({ min: 1, max: 10_000_000 }), fc.integer({ min: 1, max: 4 })], { numRuns: 20 })(
    'never open an incident on constant data',
    (ms, jobs) => {
      const watch = watcher();
      for (let minute = 0; minute < 600; minute += 1)
        watch.minute(Array.from({ length: jobs }, (_, job) => aTime(minute * 4 + job, 'booting', ms)));
      expect(watch.incidents.size).toBe(0);
    },
  );

  const noise = fc.array(fc.double({ min: -0.4, max: 0.4, noNaN: true }), { minLength: 300, maxLength: 300 });
  const factor = fc.double({ min: 1.8, max: 10, noNaN: true });

  test.prop([noise, factor, fc.integer({ min: 1, max: 8 })], { numRuns: 15 })(
    'do not care in which unit durations are: long phases are judged as short ones',
    (jitter, times, octaves) => {
      // The part below which nothing matters is far below both, and bins begin anew at each unit of the logarithm.
      const opened = (scale: number): readonly number[] => {
        const watch = play(
          jitter.map((by, index) => scale * 1e9 * Math.exp(by) * (index > 250 ? times : 1)),
          (id, ms) => aTime(id, 'booting', ms),
        );
        return [...watch.incidents.values()].map(({ openedAt, closedAt }) => openedAt + (closedAt ?? 0));
      };
      expect(opened(Math.exp(octaves))).toEqual(opened(1));
    },
  );

  test.prop([noise, factor], { numRuns: 15 })('close what they opened after recovery', (jitter, times) => {
    const ms = [...jitter, ...jitter.slice(0, 40), ...jitter].map(
      (by, index) => 3_000 * Math.exp(by) * (index >= 300 && index < 340 ? times : 1),
    );
    const watch = play(ms, (id, value) => aTime(id, 'booting', value));
    const incidents = [...watch.incidents.values()];
    expect(incidents.length).toBeGreaterThan(0);
    expect(incidents.every(({ closedAt }) => closedAt !== undefined)).toBe(true);
  });

  const aMinute = fc.array(
    fc.record({
      ms: fc.integer({ min: 1, max: 100_000 }),
      phase: fc.constantFrom('booting' as const, 'running' as const, 'delivery' as const),
      run: fc.integer({ min: 1, max: 3 }),
      failed: fc.boolean(),
    }),
    { maxLength: 6 },
  );
  test.prop([fc.array(aMinute, { maxLength: 60 })], { numRuns: 40 })(
    'give the same in whatever order the samples of a minute come',
    (told) => {
      const rules = {
        ...defaultRules,
        leastWeight: 5,
        openAt: 2,
        openAtForAll: 2,
        leastJobs: 1,
        leastMinutes: 1,
      };
      const [forward, backward] = [watcher(rules), watcher(rules)];
      let id = 0;
      for (const minute of told) {
        const samples = minute.flatMap(({ ms, phase, run, failed }) => {
          id += 1;
          const over = { run: aTime(run, phase, ms).run };
          return [aTime(id, phase, ms, over), anOutcome(id, 'workflow', failed, over)];
        });
        forward.minute(samples);
        backward.minute(samples.toReversed());
      }
      expect([...backward.streams].sort()).toEqual([...forward.streams].sort());
      expect([...backward.incidents]).toEqual([...forward.incidents]);
    },
  );
});
