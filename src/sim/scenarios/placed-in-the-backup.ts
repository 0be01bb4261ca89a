import { minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const placedInTheBackup = story({
  name: 'placed-in-the-backup',
  about:
    'By the books of a backup a VM was never started, and it is long past its time: it works, and is kept.',
  async play(stage, database) {
    const { world } = stage;
    world.weather.work = () => ({ durationMs: minutes(10), conclusion: 'success' });
    stage.tell('GitHub never says that a job began.');
    stage.neverSend('in_progress');
    world.weather.startMs = () => seconds(10);
    stage.push();
    await stage.wait(seconds(5));
    stage.tell('A backup is made while the VM is on its way.');
    const backup = database.snapshot();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    await stage.wait(minutes(4));
    stage.tell('The database is lost, and the backup is read in. GitHub answers no questions for a while.');
    world.github.world.faults.call = (operation) =>
      operation.startsWith('GET ') ? { kind: 'refused', status: 503 } : { kind: 'none' };
    world.restoreDatabase(() => database.restore(backup));
    await stage.until('job 1 is done', () => stage.job(1).phase === 'completed', minutes(10));
  },
  async end(stage) {
    stage.insistOn('success');
    for (const { starts } of stage.jobs) stage.insist(starts.length === 1, 'no job ran twice');
    // One is made in its place, as long as nobody tells which job the other one has.
    await stage.insistOnVms(2);
  },
});
