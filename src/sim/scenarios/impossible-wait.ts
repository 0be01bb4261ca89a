import { hours, minutes } from '../../domain/time.ts';
import type { CheckRun } from '../github/state.ts';
import type { Stage } from './stage.ts';
import { story } from './story.ts';

const checkRuns = ({ world }: Stage): readonly CheckRun[] => [...world.github.world.state.checkRuns.values()];

export const impossibleWait = story({
  name: 'impossible-wait',
  about: 'Who asks for what no host has is told so at GitHub, once for a matrix, and until the wait is over.',
  setting: { hosts: [8] },
  async play(stage) {
    const { world } = stage;
    stage.tell(
      'Three jobs ask for a graphics card, which no host has. Nothing is said at once: hosts come and go.',
    );
    stage.push(3, { labels: ['bellows-2cpu-4gb', 'gpu'] });
    await stage.wait(minutes(1));
    stage.insist(checkRuns(stage).length === 0, 'nothing is said in the first minute');
    stage.tell('GitHub loses its answer to the call that says it.');
    let lost = 0;
    world.github.world.faults.call = (operation) =>
      operation === 'POST check-runs' && ++lost === 1 ? { kind: 'lost-answer' } : { kind: 'none' };
    await stage.until('it is said', () => checkRuns(stage).length > 0, minutes(3));
    await stage.wait(minutes(3));
    stage.insist(lost === 1, 'the answer was lost');
    stage.insist(checkRuns(stage).length === 1, 'it is said once');
    stage.insist(checkRuns(stage)[0]?.title.includes('no host has label gpu') === true, 'it names the label');
    stage.insist(checkRuns(stage)[0]?.status === 'queued', 'it stands beside the jobs that wait');
    stage.tell('A size that is larger than any host, and one that is no size of ours.');
    const tooBig = stage.push(1, { labels: ['bellows-2cpu-64gb'] });
    const noSize = stage.push(1, { labels: ['bellows-999cpu-4gb'] });
    await stage.until('both are told', () => checkRuns(stage).length === 3, minutes(6));
    stage.tell('The author of the last two gives up; then a host with a graphics card is added.');
    stage.cancel(tooBig);
    stage.cancel(noSize);
    const facts = { arch: 'x64', cpus: 8, memoryMib: 16 * 1024 } as const;
    const machine = await world.addHost({ name: 'host-2', facts, maxBooting: 4, labels: ['gpu'] });
    machine.startAgent();
    await stage.until(
      'the jobs are done',
      () => stage.jobs.every(({ phase }) => phase === 'completed'),
      hours(2),
    );
    await stage.wait(minutes(3));
  },
  async end(stage) {
    stage.insistOn('success', [1, 2, 3]);
    for (const { status, conclusion } of checkRuns(stage))
      stage.insist(status === 'completed' && conclusion === 'neutral', 'every check run has ended, neutral');
    stage.insist(checkRuns(stage).length === 3, 'there were three check runs');
  },
});
