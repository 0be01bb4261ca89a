// What the options of all commands have in common.

import { type Command as Commander, InvalidArgumentError } from 'commander';
import type { LiveTopic } from '../wire/api/live.ts';
import type { RunOptions } from './outcome.ts';

export const told = (command: Commander): Commander =>
  command.option('--json', 'one JSON object as the last line, and nothing else');

export const asked = (json: boolean | undefined): { json?: boolean } => (json === undefined ? {} : { json });

/** Lets a command be shown again whenever one of `topics` changes. */
export const watched = (command: Commander): Commander =>
  command.option('--watch', 'show it again whenever it changes, until Ctrl-C');

export const askedToWatch = (
  { json, watch }: { json?: boolean; watch?: boolean },
  topics: readonly LiveTopic[],
): RunOptions => ({ ...asked(json), ...(watch === true && { watch: topics }) });

/** Several of `words`, with commas between them. */
export const severalOf =
  (words: readonly string[]) =>
  (text: string): string => {
    const unknown = text.split(',').filter((word) => !words.includes(word.trim()));
    if (unknown.length === 0) return text;
    throw new InvalidArgumentError(`It wants some of ${words.join(', ')}, with commas between them.`);
  };

export function instant(text: string): string {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new InvalidArgumentError('It wants a time.');
}

export function durationSeconds(text: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw new InvalidArgumentError('It wants a duration.');
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It wants a whole number above 0.');
}
