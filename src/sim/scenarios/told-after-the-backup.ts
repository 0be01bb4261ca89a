import { minutes } from '../../domain/time.ts';
import { story } from './story.ts';

export const toldAfterTheBackup = story({
  name: 'told-after-the-backup',
  about: 'What was said at GitHub after the backup does not stand there for ever.',
  async play(stage, database) {
    const { world } = stage;
    const open = () =>
      [...world.github.world.state.checkRuns.values()].filter(({ status }) => status !== 'completed').length;
    stage.tell('A backup is made. Then a job asks for a graphics card, which no host has, and is told so.');
    const backup = database.snapshot();
    const run = stage.push(1, { labels: ['bellows-2cpu-4gb', 'gpu'] });
    await stage.until('it is told', () => open() === 1, minutes(4));
    await stage.wait(minutes(2));
    stage.tell('Its author gives up. At that moment the database is lost, and the backup is read in.');
    stage.killServers();
    stage.cancel(run);
    await stage.wait(minutes(1));
    world.restoreDatabase(() => database.restore(backup));
    await stage.until('it is no longer told', () => open() === 0, minutes(10));
  },
  async end(stage) {
    stage.insist(stage.world.github.world.state.checkRuns.size === 1, 'there was one check run');
  },
});
