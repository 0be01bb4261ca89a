import { minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const removedHostComesBack = story({
  name: 'removed-host-comes-back',
  about:
    'A host that was gone for long was struck off: it enrols anew, and obeys orders that are counted from one again.',
  setting: { auto: true },
  async play(stage) {
    const { world } = stage;
    const host = stage.host(1);
    stage.push(4);
    const areDone = () => stage.jobs.every(({ phase }) => phase === 'completed');
    await stage.until('four jobs are done', areDone, minutes(5));
    await stage.wait(seconds(5));
    stage.tell('The host, which a machine had enrolled, loses its power for twenty minutes.');
    host.powerOff();
    await stage.wait(minutes(20));
    await stage.insistOnMended('host-removed', 1);
    stage.tell('It is switched on, and its machine enrols it again.');
    await world.comeBack(host);
    stage.push();
    await stage.until('job 5 is done', areDone, minutes(2));
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(5);
  },
});
