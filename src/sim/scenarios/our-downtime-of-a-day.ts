import { hours, minutes, seconds } from '../../domain/time.ts';
import { story } from './story.ts';

export const ourDowntimeOfADay = story({
  name: 'our-downtime-of-a-day',
  about:
    'GitHub sends no webhook twice by itself: after a day in which we were down, we ask for what we missed.',
  async play(stage) {
    stage.push();
    await stage.until('job 1 is in progress', () => stage.job(1).phase === 'in_progress', minutes(1));
    stage.tell('The control plane goes down while a job runs. Its VM and its host go on without it.');
    stage.killServers();
    await stage.until('job 1 is completed', () => stage.job(1).phase === 'completed', minutes(5));
    await stage.wait(hours(2));
    stage.push(3);
    await stage.wait(hours(10));
    const taken = stage.push();
    await stage.wait(hours(11));
    stage.cancel(taken);
    await stage.wait(hours(1));
    stage.tell('A day later it is started again.');
    stage.startServers();
    const isDone = () => stage.jobs.every(({ phase }) => phase === 'completed');
    await stage.until('everything is done', isDone, minutes(15));
    await stage.wait(seconds(30));
  },
  async end(stage) {
    stage.insistOn('success', [1, 2, 3, 4]);
    stage.insistOn('cancelled', [5]);
    await stage.insistOnMended('delivery-redelivered', 7);
    for (const { starts } of stage.jobs) stage.insist(starts.length <= 1, 'no job ran twice');
  },
});
