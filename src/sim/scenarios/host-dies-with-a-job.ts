import { minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const hostDiesWithAJob = story({
  name: 'host-dies-with-a-job',
  about:
    'A host that dies takes its running job with it, which GitHub finds out; a job that only waited there gets another VM.',
  setting: { hosts: [64, 8] },
  async play(stage) {
    const { weather } = stage.world;
    weather.work = () => ({ durationMs: minutes(3), conclusion: 'success' });
    const run = stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    stage.tell(
      'While one job runs, another is pushed, and the host of both loses its power before the second begins.',
    );
    const host = stage.world.hosts.find((machine) => machine.host.running.length > 0) ?? stage.host(1);
    weather.guest = () => ({ bootMs: seconds(20) });
    stage.push();
    await stage.wait(seconds(5));
    stage.insist(host.host.running.length === 2, 'both VMs are on one host');
    host.powerOff();
    await stage.until('job 2 is in progress', () => stage.job(2).phase === 'in_progress', minutes(4));
    stage.tell('The second job runs on the other host. GitHub gives up the first after ten minutes.');
    await stage.until('GitHub gives up job 1', () => stage.job(1).phase === 'completed', minutes(15));
    stage.rerun(run);
    await stage.until('its re-run is done', () => stage.job(3).phase === 'completed', minutes(10));
    stage.tell('Somebody finds the plug.');
    host.powerOn();
    await stage.wait(minutes(1));
  },
  async end(stage) {
    stage.insistOn('failure', [1]);
    stage.insistOn('success', [2, 3]);
    await stage.insistOnMended('host-silent', 1);
    await stage.insistOnMended('vm-replaced', 1);
    await stage.insistOnVms(4);
  },
});
