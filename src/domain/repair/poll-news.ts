// Whether what a look found out is news to us, and whether a delivery should have told it before.

import type { Job, JobFact } from '../lifecycle/job.ts';
import { learn, stateOf } from '../lifecycle/knowledge.ts';
import type { DurationMs, Instant } from '../time.ts';
import { between, seconds } from '../time.ts';

/** `none`: we knew it, and there is nothing to write. `early`: a delivery of it may be on its way, and is waited for. */
export type News = 'none' | 'early' | 'news';

/** GitHub's deliveries take seconds; after this long one counts as missing. */
export const deliveryGraceMs: DurationMs = seconds(30);

/**
 * @param known the job as we hold it; undefined when we do not know it.
 * @param happenedAt when the job came into the status that was seen, by GitHub's own stamps; undefined when it gives none.
 */
export function newsOf(
  known: Job | undefined,
  seen: JobFact,
  happenedAt: Instant | undefined,
  now: Instant,
): News {
  // What the deliveries did not decide waits for no further one.
  if (known?.undecided === true) return 'news';
  if (known !== undefined && !tellsMore(known, seen)) return 'none';
  const isLate = happenedAt === undefined || between(happenedAt, now) >= deliveryGraceMs;
  return isLate ? 'news' : 'early';
}

/** Whether the fact changes what follows from what we know; that it was true a moment longer does not. */
function tellsMore(known: Job, seen: JobFact): boolean {
  const { state, undecided } = stateOf(learn(known.knowledge, seen));
  if (known.state === 'foreign') return state === 'done';
  return state !== known.state || undecided || namesRunner(known, seen);
}

/** The runner tells whose VM it is. */
const namesRunner = (known: Job, seen: JobFact): boolean =>
  seen.runner !== undefined && seen.runner.name !== known.knowledge.runner?.name && known.state !== 'done';
