import { minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const toldOnlyOfItsEnd = story({
  name: 'told-only-of-its-end',
  about:
    'A job of which we hear first that it is over had one of our VMs, which is no surplus: the next job keeps its place in the line.',
  setting: { hosts: [6] },
  async play(stage) {
    stage.world.weather.work = () => ({ durationMs: seconds(40), conclusion: 'success' });
    stage.tell('GitHub never sends `in_progress`, and the host has room for one VM.');
    stage.neverSend('in_progress');
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    stage.push();
    await stage.until('job 1 is completed', () => stage.job(1).phase === 'completed', minutes(2));
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(2);
  },
});
