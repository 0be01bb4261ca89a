import { minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const eventsInReverse = story({
  name: 'events-in-reverse',
  about:
    'What is known of a job does not depend on the order in which it was heard: only `completed` is final.',
  async play(stage) {
    const { faults } = stage.world.github.world;
    stage.webhooks(() => ({ kind: 'reverse', withinMs: minutes(30) }));
    stage.tell(
      'A runner of somebody else’s does a job, and its webhooks come when it is over: the last one first.',
    );
    faults.hosted = () => ({ startMs: seconds(3), durationMs: seconds(10), conclusion: 'success' });
    stage.push();
    await stage.until('job 1 is completed', () => stage.job(1).phase === 'completed', minutes(1));
    await stage.wait(seconds(5));
    await stage.insistOnVms(0);
    stage.tell('The webhooks of the next job are held back too, and nobody but us could run it.');
    faults.hosted = () => undefined;
    stage.push();
    await stage.until('job 2 is completed', () => stage.job(2).phase === 'completed', minutes(15));
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(1);
    await stage.insistOnMended('job-found-by-poll', 1);
    const states = await Promise.all(stage.jobs.map(({ id }) => stage.row(id)));
    stage.insist(
      states.every((row) => row?.state === 'done'),
      'a late `queued` brings no job back',
    );
  },
});
