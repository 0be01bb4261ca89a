// The set of labels that a job asks for: trimmed, lower-cased, without doubles, sorted. `self-hosted` stays when it was
// asked for, since a VM is registered with exactly the set of its job and GitHub adds no default labels to a JIT runner.

import type { LabelKey } from '../ids.ts';

export type LabelSet = readonly string[];

export function labelSet(raw: readonly string[]): LabelSet {
  const cleaned = raw.map((label) => label.trim().toLowerCase()).filter((label) => label !== '');
  return [...new Set(cleaned)].sort();
}

/** One text for one set. GitHub forbids commas in labels, so nothing is lost. */
export const labelKey = (labels: LabelSet): LabelKey => labels.join(',') as LabelKey;
