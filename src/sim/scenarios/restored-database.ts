import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

export const restoredDatabase = story({
  name: 'restored-database',
  about: 'Hosts know more than a database that was restored: what they run is kept, and no job runs twice.',
  async play(stage, database) {
    const { world } = stage;
    world.weather.work = () => ({ durationMs: minutes(10), conclusion: 'success' });
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    stage.tell('A backup is made.');
    const backup = database.snapshot();
    stage.push(2);
    await stage.until('job 3 is in progress', () => stage.jobs[2]?.phase === 'in_progress', minutes(1));
    await stage.wait(minutes(3));
    stage.tell(
      'The database is lost, and the backup is read in. Of jobs 2 and 3 and their VMs it has never heard.',
    );
    world.restoreDatabase(() => database.restore(backup, { epoch: 'restored' }));
    const isDone = () => stage.jobs.every(({ phase }) => phase === 'completed');
    await stage.until('all jobs are done', isDone, minutes(15));
    await stage.wait(minutes(5));
  },
  async end(stage) {
    stage.insistOn('success');
    // The one of the backup: nobody asks for another before the hosts had their say.
    await stage.insistOnVms(1);
    for (const { starts } of stage.jobs) stage.insist(starts.length === 1, 'no job ran twice');
  },
});
