import { minutes, seconds } from '../../domain/time.ts';
import type { Stage } from './stage.ts';
import { story } from './story.ts';

export const hostRebootsUnderAJob = story({
  name: 'host-reboots-under-a-job',
  about:
    'A host that reboots under a job says so as soon as it is back: of the VM, and to the job, with whose fault it was.',
  setting: { hosts: [64] },
  async play(stage) {
    stage.world.weather.work = () => ({ durationMs: minutes(3), conclusion: 'success' });
    const run = stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    stage.tell('The host reboots, within the time after which it would be called silent.');
    stage.host(1).powerOff();
    await stage.wait(seconds(40));
    stage.host(1).powerOn();
    await stage.wait(seconds(20));
    await insistThatTheJobIsTold(stage);
    stage.tell('Nothing of the VM is left by now; GitHub gives up the job after ten minutes.');
    stage.insist(stage.host(1).host.leftovers().length === 0, 'nothing of the VM is left');
    await stage.until('GitHub gives up job 1', () => stage.job(1).phase === 'completed', minutes(15));
    stage.rerun(run);
    await stage.until('its re-run is done', () => stage.job(2).phase === 'completed', minutes(10));
    await stage.wait(minutes(1));
  },
  async end(stage) {
    stage.insistOn('failure', [1]);
    stage.insistOn('success', [2]);
    await stage.insistOnMended('host-silent', 0);
    await stage.insistOnVms(2);
  },
});

async function insistThatTheJobIsTold(stage: Stage): Promise<void> {
  const { id } = stage.job(1);
  const lines = await stage.world.store.transaction((tx) => tx.history.of({ kind: 'job', id }, 50));
  const told = lines.find(({ event }) => event === 'vm-ended-early')?.data;
  const isSo = told?.owner === 'host' && /^the host was rebooted at \d/.test(String(told.reason));
  stage.insist(isSo, 'the job is told that the host was rebooted');
}
