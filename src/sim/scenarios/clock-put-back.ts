import { minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const clockPutBack = story({
  name: 'clock-put-back',
  about:
    'The clock of a host is put back while it starts a VM: no step takes less than no time, and its words are heard.',
  async play(stage) {
    const { weather } = stage.world;
    weather.startMs = () => seconds(10);
    stage.push();
    await stage.wait(seconds(5));
    stage.tell('While the VM starts, somebody puts the clock of its host back by twenty minutes.');
    weather.clockErrorMs = (machine) => (machine === 'host-1' ? -minutes(20) : 0);
    await stage.until('job 1 is done', () => stage.job(1).phase === 'completed', minutes(2));
    stage.push();
    await stage.until('job 2 is done', () => stage.job(2).phase === 'completed', minutes(2));
    await stage.wait(minutes(5));
  },
  async end(stage) {
    stage.insistOn('success');
    await stage.insistOnVms(2);
    await stage.insistOnMended('host-silent', 0);
  },
});
