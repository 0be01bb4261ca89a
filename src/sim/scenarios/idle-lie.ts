import { minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const idleLie = story({
  name: 'idle-lie',
  about:
    'A runner that GitHub lists as idle, and even deletes when asked to, may be at work: its guest has the last word.',
  setting: { beliefs: { busyShownIdle: true, deletionOfBusyRunner: '204' } },
  async play(stage) {
    const { weather, github } = stage.world;
    weather.work = () => ({ durationMs: minutes(8), conclusion: 'success' });
    stage.neverSend('in_progress');
    github.world.faults.assignmentDelayMs = () => seconds(290);
    stage.push();
    await stage.wait(seconds(285));
    stage.tell(
      'A runner has idled for nearly five minutes. Its host is cut off from us, and GitHub gives it a job.',
    );
    github.world.faults.replicaLagMs = () => minutes(1);
    let isCut = true;
    weather.isCut = () => isCut;
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', seconds(30));
    await stage.wait(seconds(30));
    stage.tell('For all that we can know it is idle, and GitHub has agreed to delete it. The link is back.');
    isCut = false;
    await stage.until('job 1 is completed', () => stage.job(1).phase === 'completed', minutes(10));
  },
  async end(stage) {
    stage.insistOn('success');
    const vms = await stage.vms();
    const own = vms.find(({ job }) => job === stage.job(1).id);
    stage.insist(
      own?.tombstone?.rule === 'runner-ended',
      'the VM with the job was left alone until its runner ended',
    );
    stage.insist(stage.job(1).starts.length === 1, 'the job ran once');
  },
});
