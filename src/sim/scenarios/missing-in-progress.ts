import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

export const missingInProgress = story({
  name: 'missing-in-progress',
  about:
    'A VM at work of which GitHub has not told us that it works is not idle, and its job is not waiting.',
  async play(stage) {
    stage.world.weather.work = () => ({ durationMs: minutes(12), conclusion: 'success' });
    stage.tell(
      'GitHub never sends `in_progress` and lists no runs, and the job runs for longer than a VM may idle.',
    );
    stage.neverSend('in_progress');
    stage.world.github.world.faults.call = (operation) =>
      operation === 'GET runs' ? { kind: 'refused', status: 503 } : { kind: 'none' };
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    await stage.wait(minutes(6));
    const row = await stage.row(stage.job(1).id);
    stage.insist(row?.state === 'running', `our row says running by now, not ${row?.state}`);
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(1);
  },
});
