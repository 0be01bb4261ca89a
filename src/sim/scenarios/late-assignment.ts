import { seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const lateAssignment = story({
  name: 'late-assignment',
  about:
    'GitHub may take minutes to give a job to a runner that is ready: that is no reason to start another VM.',
  async play(stage) {
    stage.tell('A runner listens, and GitHub lets the job lie for a minute and a half.');
    stage.world.github.world.faults.assignmentDelayMs = () => seconds(90);
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', seconds(120));
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(1);
    await stage.insistOnMended('vm-replaced', 0);
  },
});
