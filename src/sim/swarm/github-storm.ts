// GitHub at its worst: the faults of `github/faults.ts`, drawn from the seed.

import { hours, minutes, seconds } from '../../domain/time.ts';
import type { CallFault, DeliveryFault } from '../github/faults.ts';
import { versionAsRead } from '../github/job-versions.ts';
import type { Delivery } from '../github/webhook.ts';
import type { Storm } from './storm.ts';

export function brewGitHub(storm: Storm): void {
  const { faults } = storm.world.github.world;
  const refused = new Map<string, number>();
  faults.delivery = (delivery) => deliveryFault(storm, delivery);
  faults.call = (operation) => callFault(storm, operation);
  faults.shownIdle = ({ job }) => job !== undefined && storm.strikes('busy-shown-idle');
  faults.deletionRefused = ({ name }) => {
    // For a while only: a runner that can never be deleted is not a fault that GitHub has.
    const before = refused.get(name) ?? 0;
    if (before >= 3 || !storm.strikes('deletion-refused')) return false;
    refused.set(name, before + 1);
    return true;
  };
  faults.assignmentDelayMs = () =>
    storm.strikes('late-assignment') ? storm.dice('late-by').between(seconds(20), minutes(4)) : 0;
  faults.replicaLagMs = (job) => {
    if (!storm.isDrawn('replica-lag')) return 0;
    const lagMs = storm.dice('lag').between(500, seconds(20));
    if (versionAsRead(storm.world.github.world, job, lagMs) !== job.versions.at(-1))
      storm.count('replica-lag');
    return lagMs;
  };
  faults.protectedJob = () =>
    storm.strikes('undecided-order')
      ? storm.dice('order').pick(['queued-then-waiting', 'queued-says-waiting'] as const)
      : undefined;
  faults.listMisses = () => storm.strikes('list-misses');
  void evictIdleRunners(storm);
}

/** GitHub takes a just-in-time runner away that had no job for some minutes; here it may be sooner. */
async function evictIdleRunners(storm: Storm): Promise<void> {
  const { clock, github } = storm.world;
  while (!storm.isOver && storm.rate('idle-eviction') > 0) {
    await clock.sleep(seconds(20));
    for (const runner of [...github.world.state.runners.values()]) {
      const isIdle = !runner.removed && runner.session !== undefined && runner.job === undefined;
      if (isIdle && storm.strikes('idle-eviction')) github.evict(runner);
    }
  }
}

function deliveryFault(storm: Storm, delivery: Delivery): DeliveryFault {
  const dice = storm.dice('delivery');
  if (delivery.action === 'queued' && storm.strikes('queued-never-sent')) return { kind: 'never-sent' };
  if (delivery.action === 'in_progress' && storm.strikes('in-progress-never-sent'))
    return { kind: 'never-sent' };
  if (storm.strikes('delivery-lost')) return { kind: 'lost' };
  if (storm.strikes('delivery-lost-unseen')) return { kind: 'lost-unseen' };
  if (storm.strikes('delivery-never-sent')) return { kind: 'never-sent' };
  if (storm.strikes('delivery-doubled')) return { kind: 'double', afterMs: dice.between(0, minutes(10)) };
  if (storm.strikes('delivery-late'))
    return { kind: 'delay', ms: Math.round(dice.logBetween(1_000, hours(3))) };
  if (storm.isDrawn('deliveries-reversed')) {
    // The others come after it; it comes as ever.
    if (delivery.jobId !== undefined && delivery.action !== 'completed') storm.count('deliveries-reversed');
    return { kind: 'reverse', withinMs: hours(2) };
  }
  return { kind: 'deliver' };
}

function callFault(storm: Storm, operation: string): CallFault {
  const dice = storm.dice('call');
  if (operation.includes('generate-jitconfig') && storm.strikes('name-taken'))
    return { kind: 'refused', status: 409 };
  if (operation.endsWith('attempts') && storm.strikes('redelivery-refused'))
    return { kind: 'refused', status: 422 };
  if (storm.strikes('call-limited'))
    return { kind: 'refused', status: 403, retryAfterSeconds: dice.between(5, 120) };
  if (storm.strikes('token-refused')) return { kind: 'refused', status: 401 };
  if (storm.strikes('call-failed')) return { kind: 'refused', status: dice.pick([500, 502, 503]) };
  if (storm.strikes('call-lost-answer'))
    return { kind: 'lost-answer', afterMs: dice.between(0, seconds(10)) };
  if (storm.strikes('call-timeout')) return { kind: 'timeout', ms: dice.between(seconds(1), seconds(10)) };
  return { kind: 'none' };
}
