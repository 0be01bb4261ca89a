import { hours } from '../../domain/time.ts';
import { story } from './story.ts';

const jobs = 24;

export const longQueue = story({
  name: 'long-queue',
  about:
    'Jobs that wait long in a queue are not read one by one while a look at their repository lists them all.',
  setting: { hosts: [4] },
  async play(stage) {
    stage.tell(`A host with room for one VM gets ${jobs} jobs at once.`);
    let reads = 0;
    stage.world.github.world.faults.call = (operation) => {
      if (operation === 'GET job') reads += 1;
      return { kind: 'none' };
    };
    stage.push(jobs);
    await stage.until(
      'all jobs are done',
      () => stage.jobs.every(({ phase }) => phase === 'completed'),
      hours(2),
    );
    stage.insist(reads === 0, `${reads} times a job was read by itself`);
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(jobs);
  },
});
