import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

export const restoredDump = story({
  name: 'restored-dump',
  about: 'A dump that is read in names itself as the lost database did: hosts obey it all the same.',
  async play(stage, database) {
    const { world } = stage;
    world.weather.work = () => ({ durationMs: minutes(1), conclusion: 'success' });
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    stage.tell('A dump is made.');
    const dump = database.snapshot();
    stage.push(3);
    const isDone = () => stage.jobs.every(({ phase }) => phase === 'completed');
    await stage.until('four jobs are done', isDone, minutes(5));
    await stage.wait(minutes(1));
    stage.tell(
      'The dump is read in: by its books the VM of job 1 works. Its host knows that it is gone, and newer orders.',
    );
    world.restoreDatabase(() => database.restore(dump));
    const lives = () => world.store.transaction((tx) => tx.vms.allLive());
    await stage.wait(minutes(1));
    stage.insist((await lives()).length === 0, 'what the host says of its VMs is heard within a minute');
    stage.push();
    await stage.until('job 5 is done', () => stage.jobs.length === 5 && isDone(), minutes(3));
  },
  async end(stage) {
    stage.insistOn('success');
    for (const { starts } of stage.jobs) stage.insist(starts.length === 1, 'no job ran twice');
  },
});
