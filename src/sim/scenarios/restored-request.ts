import { minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const restoredRequest = story({
  name: 'restored-request',
  about:
    'A VM that waits for room in the backup has lived and ended since: nothing is started under its name again.',
  setting: { hosts: [4, 4] },
  async play(stage, database) {
    const { world } = stage;
    world.weather.work = ({ id }) => ({
      durationMs: seconds(id === stage.job(2).id ? 60 : 20),
      conclusion: 'success',
    });
    stage.push(3);
    await stage.until('two jobs are in progress', () => stage.job(2).phase === 'in_progress', minutes(1));
    stage.tell('A backup is made. In it the VM of job 3 waits for room.');
    const backup = database.snapshot();
    const areDone = () => stage.jobs.every(({ phase }) => phase === 'completed');
    await stage.until('three jobs are done', areDone, minutes(2));
    await stage.wait(seconds(5));
    stage.tell('GitHub answers no questions for a while; runners can be registered.');
    world.github.world.faults.call = (operation) =>
      operation.startsWith('GET ') ? { kind: 'refused', status: 503 } : { kind: 'none' };
    stage.push(3);
    stage.tell(
      'The database is lost with host 1, and the backup is read in. There is room for what waits in it.',
    );
    stage.host(1).powerOff();
    world.restoreDatabase(() => database.restore(backup));
    await stage.until('three more jobs are done', areDone, minutes(5));
  },
  async end(stage) {
    stage.insistOn('success');
    for (const { starts } of stage.jobs) stage.insist(starts.length === 1, 'no job ran twice');
    const names = stage.jobs.flatMap(({ starts }) => starts.map(({ runnerName }) => runnerName));
    stage.insist(new Set(names).size === names.length, 'no runner had two jobs');
  },
});
