import { type Expression, type SqlBool, sql } from 'kysely';
import { wanted } from '../../domain/search/search-text.ts';
import { storable } from './tables.ts';

/** Whether a text is in a column that a search text was written to. */
export const holds = (column: Expression<string>, text: string): Expression<SqlBool> =>
  sql<boolean>`strpos(${column}, ${storable(wanted(text))}) > 0`;
