import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

/** Of the calls about the runner; with the last of them GitHub is well again. */
const badCalls = 12;

export const everyOtherAnswerLost = story({
  name: 'every-other-answer-lost',
  about: 'A VM waits for its registration no longer than GitHub is unwell, however often the calls failed.',
  async play(stage) {
    stage.tell(
      `GitHub does what it is asked, but of ${badCalls} answers about the runner every other one is lost.`,
    );
    let calls = 0;
    stage.world.github.world.faults.call = (operation) => {
      if (!operation.includes('runner') && !operation.includes('jitconfig')) return { kind: 'none' };
      calls += 1;
      return calls <= badCalls && calls % 2 === 1 ? { kind: 'lost-answer', afterMs: 500 } : { kind: 'none' };
    };
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    stage.insist(calls > badCalls, 'the bad calls were used up');
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(1);
  },
});
