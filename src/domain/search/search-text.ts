// What a list is searched in. Made here and kept with the row, so that both stores find the same, whatever their idea of
// capital letters is.

import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';

/** An index of the database takes some 2,700 bytes, and a character may have four. */
const longest = 500;

const joined = (...parts: readonly string[]): string => parts.join('\n').toLowerCase().slice(0, longest);

export const jobSearchText = ({ id, repository, workflowName, name, headBranch, labels }: Job): string =>
  joined(String(id), repository.fullName, name, workflowName, headBranch, labels.join(','));

export const vmSearchText = ({ id, runnerName, labels }: Vm): string =>
  joined(id, runnerName, labels.join(','));

/** What is looked for, as it stands in a search text. */
export const wanted = (text: string): string => text.trim().toLowerCase();
