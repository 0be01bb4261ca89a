import { minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const twoClocks = story({
  name: 'two-clocks',
  about:
    'The clock of one of two control planes is put ahead: what the other one asks for is not given up again and again.',
  setting: { hosts: [6], servers: 2 },
  async play(stage) {
    const { weather } = stage.world;
    weather.work = () => ({ durationMs: minutes(3), conclusion: 'success' });
    stage.push(4);
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    stage.tell('Somebody puts the clock of server 2 ahead by forty seconds, while three jobs wait for room.');
    weather.clockErrorMs = (machine) => (machine === 'server-2' ? seconds(40) : 0);
    await stage.wait(minutes(4));
    stage.tell('It is put right.');
    weather.clockErrorMs = () => 0;
  },
  async end(stage) {
    stage.insistOn('success');
    // The three that wait are asked for anew, once.
    await stage.insistOnVms(7);
  },
});
