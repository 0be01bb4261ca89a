// What the check run says.

import type { LabelKey, RunId } from '../ids.ts';
import type { ImpossibleWait } from './impossible-wait.ts';

/** As GitHub shows it: a line in the list of checks, and a page of its own. */
export interface CheckRunWords {
  /** Which one it is, for us; GitHub keeps it and shows it to nobody. */
  externalId: string;
  name: string;
  /** Ended ones are neutral: they neither pass nor fail anything. */
  ended: boolean;
  title: string;
  /** Markdown. */
  summary: string;
}

const longestName = 100;
const mostNames = 20;

/** The labels come from whoever wrote the workflow file; in code they are no Markdown. */
const code = (text: string): string => `\`${text.replaceAll('`', "'")}\``;
const nameFor = (labels: LabelKey): string =>
  `Bellows: ${labels.replaceAll(',', ', ')}`.slice(0, longestName);
export const externalIdOf = (run: RunId, labels: LabelKey): string => `bellows-wait ${run} ${labels}`;

export function waitWords(
  run: RunId,
  labels: LabelKey,
  { reason, advice, jobs }: ImpossibleWait,
): CheckRunWords {
  const names = jobs.slice(0, mostNames).map(({ name }) => `- ${code(name)}`);
  const more = jobs.length > names.length ? [`- and ${jobs.length - names.length} more`] : [];
  return {
    externalId: externalIdOf(run, labels),
    name: nameFor(labels),
    ended: false,
    title: `Waits for what cannot be: ${reason}`,
    summary: [`**${capital(reason)}.** ${advice}`, '', 'This waits:', ...names, ...more].join('\n'),
  };
}

/** @param told the reason that was given; empty when that is not known any more. */
export const endWords = (run: RunId, labels: LabelKey, told: string): CheckRunWords => ({
  externalId: externalIdOf(run, labels),
  name: nameFor(labels),
  ended: true,
  title: 'The wait is over',
  summary: told === '' ? 'It waits no more.' : `It waited because: ${told}.`,
});

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
