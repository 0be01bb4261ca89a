import { toIso } from '../time.ts';
import type { AlertMessage, Told } from './tell.ts';

/** One line for a subject or a title. */
export function titleOf({ items }: AlertMessage): string {
  const firing = items.filter(({ state }) => state === 'firing');
  const over = items.length - firing.length;
  const [only] = items;
  if (items.length === 1 && only !== undefined) return `Bellows: ${nameOf(only)}`;
  const parts = [firing.length > 0 && `${firing.length} new`, over > 0 && `${over} over`];
  return `Bellows: ${parts.filter((part) => part !== false).join(', ')}`;
}

/** A line for each. */
export const linesOf = ({ items }: AlertMessage): readonly string[] =>
  items.map((item) =>
    item.state === 'over'
      ? `Over: ${nameOf(item)}, since ${toIso(item.since)}${item.how === undefined ? '' : `. ${item.how}`}`
      : `${item.text} (${nameOf(item)}, since ${toIso(item.since)})`,
  );

const nameOf = ({ rule, subject, state }: Told): string =>
  `${rule}${subject === '' ? '' : ` ${subject}`}${state === 'over' ? ' is over' : ''}`;
