import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

const labels = ['bellows-4cpu-2gb'];

export const strangersBesideRoom = story({
  name: 'strangers-beside-room',
  about: 'VMs of which a restored database does not know hold their part of a host, and no more than that.',
  setting: { hosts: [8] },
  async play(stage, database) {
    const { world } = stage;
    world.weather.work = ({ id }) => ({
      durationMs: minutes(id === stage.jobs[2]?.id ? 1 : 50),
      conclusion: 'success',
    });
    stage.tell(
      'A backup is made. Then two jobs begin, for which all processors of the host are promised once.',
    );
    const backup = database.snapshot();
    stage.push(2, { labels });
    await stage.until('job 2 is in progress', () => stage.job(2).phase === 'in_progress', minutes(1));
    await stage.wait(minutes(5));
    stage.tell('The database is lost, and the backup is read in. Processors are promised twice at most.');
    world.restoreDatabase(() => database.restore(backup));
    await stage.wait(minutes(1));
    stage.push(1, { labels });
    await stage.until('job 3 is done', () => stage.job(3).phase === 'completed', minutes(3));
  },
  async end(stage) {
    stage.insistOn('success');
    for (const { starts } of stage.jobs) stage.insist(starts.length === 1, 'no job ran twice');
  },
});
