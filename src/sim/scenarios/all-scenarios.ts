import { busyRepositoryOnABadDay } from './busy-repository-on-a-bad-day.ts';
import { clockPutBack } from './clock-put-back.ts';
import { eventsInReverse } from './events-in-reverse.ts';
import { everyOtherAnswerLost } from './every-other-answer-lost.ts';
import { evictedRunner } from './evicted-runner.ts';
import { failedSeeds } from './failed-seeds.ts';
import { fiveQueuedFirstCancelled } from './five-queued-first-cancelled.ts';
import { hostDiesWithAJob } from './host-dies-with-a-job.ts';
import { hostRebootsUnderAJob } from './host-reboots-under-a-job.ts';
import { idleLie } from './idle-lie.ts';
import { impossibleWait } from './impossible-wait.ts';
import { lateAssignment } from './late-assignment.ts';
import { longQueue } from './long-queue.ts';
import { lostJitReply } from './lost-jit-reply.ts';
import { missingInProgress } from './missing-in-progress.ts';
import { missingQueued } from './missing-queued.ts';
import { ourDowntimeOfADay } from './our-downtime-of-a-day.ts';
import { outageOfAnHour } from './outage-of-an-hour.ts';
import { pilot } from './pilot.ts';
import { placedInTheBackup } from './placed-in-the-backup.ts';
import { registeredAfterTheBackup } from './registered-after-the-backup.ts';
import { removedHostComesBack } from './removed-host-comes-back.ts';
import { restoredDatabase } from './restored-database.ts';
import { restoredDump } from './restored-dump.ts';
import { restoredRequest } from './restored-request.ts';
import { runUnderMaxParallel } from './run-under-max-parallel.ts';
import type { Scenario } from './scenario.ts';
import { strangersBesideRoom } from './strangers-beside-room.ts';
import { toldAfterTheBackup } from './told-after-the-backup.ts';
import { toldOnlyOfItsEnd } from './told-only-of-its-end.ts';
import { twoBursts } from './two-bursts.ts';
import { twoClocks } from './two-clocks.ts';

/** Lessons that others paid for, each as a story. */
export const stories: readonly Scenario[] = [
  fiveQueuedFirstCancelled,
  eventsInReverse,
  missingQueued,
  missingInProgress,
  toldOnlyOfItsEnd,
  idleLie,
  lateAssignment,
  lostJitReply,
  everyOtherAnswerLost,
  hostDiesWithAJob,
  hostRebootsUnderAJob,
  outageOfAnHour,
  busyRepositoryOnABadDay,
  ourDowntimeOfADay,
  evictedRunner,
  restoredDatabase,
  restoredDump,
  restoredRequest,
  placedInTheBackup,
  registeredAfterTheBackup,
  toldAfterTheBackup,
  strangersBesideRoom,
  clockPutBack,
  twoClocks,
  removedHostComesBack,
  runUnderMaxParallel,
  impossibleWait,
  twoBursts,
  longQueue,
];

/** Seeds that failed once (`fromSwarm`), by what was wrong. */
export const regressions: readonly Scenario[] = failedSeeds;

/** `pilot` has no golden transcript: it is too long to be read, and to be played among other tests. */
export const allScenarios: readonly Scenario[] = [...stories, ...regressions, pilot];
