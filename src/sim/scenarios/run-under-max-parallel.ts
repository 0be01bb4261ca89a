import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

export const runUnderMaxParallel = story({
  name: 'run-under-max-parallel',
  about:
    'GitHub queues three jobs and starts one at a time: VMs for the others are tried now and then, and no more often.',
  async play(stage) {
    stage.world.weather.work = () => ({ durationMs: minutes(50), conclusion: 'success' });
    stage.push(3, { maxParallel: 1 });
    const isOver = (number: number) => () => stage.job(number).phase === 'completed';
    await stage.until('the first job is over', isOver(1), minutes(60));
    await stage.until(
      'the last job is over',
      () => stage.jobs.every((_, at) => isOver(at + 1)()),
      minutes(120),
    );
  },
  async end(stage) {
    stage.insistOn('success');
    // Three to begin with; then one for each end, and one for each quarter of an hour without one.
    await stage.insistOnVms(10);
  },
});
