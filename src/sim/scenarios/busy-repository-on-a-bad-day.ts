import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

const runs = 10;

export const busyRepositoryOnABadDay = story({
  name: 'busy-repository-on-a-bad-day',
  about: 'Of a look that needs many calls, those that succeed count, though it never succeeds as a whole.',
  setting: { hosts: [32] },
  async play(stage) {
    stage.tell('GitHub tells of no queued job, and fails every fourth call that asks for the jobs of a run.');
    stage.neverSend('queued');
    let calls = 0;
    stage.world.github.world.faults.call = (operation) => {
      if (operation !== 'GET run jobs') return { kind: 'none' };
      calls += 1;
      return calls % 4 === 0 ? { kind: 'refused', status: 502 } : { kind: 'none' };
    };
    for (let run = 0; run < runs; run += 1) stage.push();
    await stage.until(
      'all jobs are done',
      () => stage.jobs.every(({ phase }) => phase === 'completed'),
      minutes(15),
    );
  },
  async end(stage) {
    stage.insistOn('success');
    stage.insist((await stage.mended('job-found-by-poll')) >= runs / 2, 'most were found by looking');
  },
});
