import { seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const fiveQueuedFirstCancelled = story({
  name: 'five-queued-first-cancelled',
  about:
    'A VM is not the property of the job that it was made for: when that one is cancelled, it may run another.',
  async play(stage) {
    stage.tell('Five people push one after the other, and the first takes it back while the VMs boot.');
    const first = stage.push();
    for (let others = 0; others < 4; others += 1) stage.push();
    await stage.wait(seconds(1));
    stage.cancel(first);
  },
  async end(stage) {
    stage.insistOn('cancelled', [1]);
    stage.insistOn('success', [2, 3, 4, 5]);
    await stage.insistOnVms(5);
    const made = (await stage.vms()).find(({ cause }) => cause === stage.job(1).id);
    stage.insist(made?.job === stage.job(2).id, 'the VM that was made for job 1 ran job 2');
  },
});
