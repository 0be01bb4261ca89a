import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

export const evictedRunner = story({
  name: 'evicted-runner',
  about:
    'GitHub takes the registration of an idle runner away without a word: the job that still waits gets another VM.',
  setting: { beliefs: { idleEvictionMs: minutes(2) } },
  async play(stage) {
    stage.tell('GitHub lets a job lie for three minutes, and evicts the runner that waits for it after two.');
    stage.world.github.world.faults.assignmentDelayMs = () => minutes(3);
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(6));
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(2);
    await stage.insistOnMended('vm-replaced', 1);
  },
});
