import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

export const lostJitReply = story({
  name: 'lost-jit-reply',
  about:
    'A call that worked and was not answered leaves a registration whose secret nobody has: it goes, and a new one is made.',
  async play(stage) {
    stage.tell('GitHub registers the runner, and the answer with its configuration is lost on the way.');
    let isLost = false;
    stage.world.github.world.faults.call = (operation) => {
      if (isLost || !operation.includes('generate-jitconfig')) return { kind: 'none' };
      isLost = true;
      return { kind: 'lost-answer', afterMs: 10_000 };
    };
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(2));
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(1);
    await stage.insistOnMended('runner-reregistered', 1);
  },
});
