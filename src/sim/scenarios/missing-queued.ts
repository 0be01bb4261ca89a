import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

export const missingQueued = story({
  name: 'missing-queued',
  about: 'A job of which no webhook ever tells is found by looking, and waits for minutes, not for ever.',
  async play(stage) {
    stage.tell('GitHub forgets to send `queued`, and keeps no record of it that could be sent again.');
    stage.neverSend('queued');
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(12));
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(1);
    await stage.insistOnMended('job-found-by-poll', 1);
  },
});
