import { expect, test } from 'vitest';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import { admin, type Caller } from '../../domain/access/caller.ts';
import { anOutcome, aTime, watcher } from '../../domain/attribution/attribution.fixture.ts';
import { after, hours } from '../../domain/time.ts';
import { phaseFigures } from './phase-figures.ts';

const member = (owner: string): Caller => ({ ...admin, kind: 'person', reach: [owner], mayOperate: false });

test('the jobs’ own times are told of the workflows that the caller sees, while they run', async () => {
  const store = openMemoryStore();
  const watch = watcher();
  for (let n = 0; n < 200; n += 1)
    watch.minute(
      ['acme/app', 'globex/secret'].flatMap((repository) => [
        aTime(n, 'running', n < 150 ? 60_000 : 180_000, { repository }),
        anOutcome(n, 'workflow', n % 2 === 0, { repository }),
      ]),
    );
  await store.transaction((tx) => tx.attribution.putStreams(watch.streams));
  const namesFor = async (caller: Caller, laterMs = 0) => {
    const clock = { now: () => after(watch.now(), laterMs), sleep: () => Promise.resolve() };
    const answer = await phaseFigures({ store, clock }, caller);
    const figures = answer.ok ? answer.value.figures : [];
    const own = figures.filter(({ owner }) => owner === 'workflow');
    expect(own.map(({ what }) => what)).toEqual(laterMs === 0 ? ['running', 'failures'] : ['running']);
    return own.flatMap(({ subjects }) => subjects.map(({ name }) => name));
  };
  const both = ['acme/app', 'globex/secret'];
  expect((await namesFor(admin)).sort()).toEqual([...both, ...both].sort());
  expect(await namesFor(member('acme'))).toEqual(['acme/app', 'acme/app']);
  expect(await namesFor(admin, hours(4))).toEqual([]);
});
