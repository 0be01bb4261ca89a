// What the options of all commands have in common.

import { type Command as Commander, InvalidArgumentError } from 'commander';

export const told = (command: Commander): Commander =>
  command.option('--json', 'one JSON object as the last line, and nothing else');

export const asked = (json: boolean | undefined): { json?: boolean } => (json === undefined ? {} : { json });

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
