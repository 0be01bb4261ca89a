import { hours, minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const outageOfAnHour = story({
  name: 'outage-of-an-hour',
  about:
    'What GitHub could not tell us for an hour is asked for when it is back: 500 jobs are late, and none is lost.',
  view: 'wide',
  setting: { hosts: [128, 128, 128, 128], maxBooting: 32 },
  async play(stage) {
    const { faults } = stage.world.github.world;
    stage.push(4);
    await stage.wait(minutes(2));
    stage.tell(
      'GitHub breaks: no webhook arrives, the API answers 503, and no job is given to anybody. People push on.',
    );
    faults.webhooks = () => 'failing';
    faults.call = () => ({ kind: 'refused', status: 503 });
    faults.assignmentDown = () => true;
    for (let pushes = 0; pushes < 20; pushes += 1) {
      stage.push(25);
      await stage.wait(minutes(3));
    }
    stage.tell('After an hour everything works again.');
    stage.calm();
    const isDone = () => stage.jobs.every(({ phase }) => phase === 'completed');
    await stage.until('all 504 jobs are done', isDone, hours(1));
    await stage.wait(seconds(1));
  },
  async end(stage) {
    stage.insistOn('success');
    stage.insist(stage.jobs.length === 504, 'there were 504 jobs');
    await stage.insistOnVms(504);
  },
});
