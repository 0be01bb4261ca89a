import { createHash } from 'node:crypto';
import type { LabelKey, ScopeKey } from '../../domain/ids.ts';
import type { Deadline, Effect } from '../../domain/lifecycle/effects.ts';
import { taskKey } from '../../domain/lifecycle/task-key.ts';

// Hashes, since a label set may be longer than an index entry (a third of a page).

/** The column by which jobs and VMs of one scope and label set are found. */
export const demandOf = (scope: ScopeKey, labels: LabelKey): string => digest(`${scope}\n${labels}`);

/** The column by which tasks that ask for the same are found. */
export const taskHash = (what: Effect | Deadline): string => digest(taskKey(what));

/** The number of an advisory lock: 64 bits of the name's hash. Two names that meet would only wait for one another. */
export const lockNumber = (name: string): string =>
  createHash('sha256').update(`bellows ${name}`).digest().readBigInt64BE().toString();

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
