import { makeAlertsEnd, makeAlertsOnce, makeAlertsPaced } from './alerts.ts';
import { makeBusyVmsSpared } from './busy-vms.ts';
import type { Checker } from './checker.ts';
import { makeDeadlinesKept, makeSoundRows } from './deadlines.ts';
import { makeFreshRows, makeJobTruth, makeKnownJobs } from './job-truth.ts';
import { makeFewLaunches, makeNoStrangers, makeRepairsCounted, makeSurplusReleased } from './launches.ts';
import { makeCleanHosts, makeNoOrphanedRunners, makeNothingAfterGone } from './leftovers.ts';
import { makeTrueRollups } from './rollups.ts';
import { makeDedicatedHosts, makeMemoryHolds, makeNoOverpromise } from './room.ts';
import { makeNoSecretInSight, makeSealedErased } from './secrets.ts';
import { makeJitOnce, makeOneJobEach, makeOwnNames } from './single-use.ts';
import { makeNoIdleWaiting } from './waiting-jobs.ts';

/** One of each, for one run. */
export const allCheckers = (): readonly Checker[] => [
  makeJobTruth(),
  makeFreshRows(),
  makeKnownJobs(),
  makeJitOnce(),
  makeOneJobEach(),
  makeOwnNames(),
  makeBusyVmsSpared(),
  makeNoIdleWaiting(),
  makeNothingAfterGone(),
  makeCleanHosts(),
  makeNoOrphanedRunners(),
  makeNoOverpromise(),
  makeMemoryHolds(),
  makeDeadlinesKept(),
  makeSoundRows(),
  makeNoSecretInSight(),
  makeSealedErased(),
  makeDedicatedHosts(),
  makeFewLaunches(),
  makeNoStrangers(),
  makeSurplusReleased(),
  makeRepairsCounted(),
  makeTrueRollups(),
  makeAlertsEnd(),
  makeAlertsOnce(),
  makeAlertsPaced(),
];
