import { type Instant, instantOf } from '../../domain/time.ts';
import type { Place } from '../../ports/store.ts';

/** As `wire/api/list.ts` lets it through: the time by which the list is sorted, a point, the id. */
export const placeText = ({ at, id }: Place<string | number>): string => `${at}.${id}`;

export function placeIn<Id>(text: string, idOf: (text: string) => Id): { at: Instant; id: Id } {
  const point = text.indexOf('.');
  return { at: instantOf(Number(text.slice(0, point))), id: idOf(text.slice(point + 1)) };
}

/** A full page may be the last one: then the next is empty. */
export const nextAfter = <Row>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => Place<string | number>,
): { next?: string } => {
  const last = rows.at(-1);
  return rows.length < limit || last === undefined ? {} : { next: placeText(placeOf(last)) };
};
