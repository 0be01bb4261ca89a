import { minutes } from '../../domain/time.ts';
import { runners } from '../github/inspect.ts';
import { story } from './story.ts';

export const registeredAfterTheBackup = story({
  name: 'registered-after-the-backup',
  about: 'A runner that was registered after the backup, and whose VM is lost with its host, is swept.',
  async play(stage, database) {
    const { world } = stage;
    const registered = () => runners(world.github.world).filter((runner) => runner.registered);
    stage.tell('A backup is made. No VM was ever made for anybody.');
    const backup = database.snapshot();
    const run = stage.push();
    await stage.until('a runner is registered', () => registered().length === 1, minutes(1));
    stage.tell(
      'The database is lost with the host, and the backup is read in. Nobody needs the job any more.',
    );
    stage.host(1).powerOff();
    stage.cancel(run);
    world.restoreDatabase(() => database.restore(backup));
    await stage.until('nothing is registered', () => registered().length === 0, minutes(45));
  },
  async end(stage) {
    await stage.insistOnVms(0);
    await stage.insistOnMended('registration-swept', 1);
  },
});
