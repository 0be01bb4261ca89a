// A table of a few rows, all of them drawn. Long lists that come in pages are a `DataTable`.

import type { ReactNode } from 'react';
import { classOf } from './column-class.ts';

export interface ShortColumn<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  /** Of the style sheet's widths; the rest of the width when left out. */
  width?: 'col-figure' | 'col-times' | 'col-jobs' | 'col-owner';
  isNumber?: boolean;
  wideOnly?: boolean;
  /** What its row is about. */
  isHead?: boolean;
  /** A class more for the cell of this row. */
  mark?: (row: Row) => string | false;
}

interface ShortTableProps<Row> {
  /** For who cannot see it. */
  caption: string;
  columns: readonly ShortColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}

export function ShortTable<Row>({ caption, columns, rows, rowKey }: ShortTableProps<Row>) {
  return (
    <table className="evidence">
      <caption className="unseen">{caption}</caption>
      <colgroup>
        {columns.map(({ title, width, wideOnly }) => (
          <col key={title} className={[wideOnly && 'wide-only', width].filter(Boolean).join(' ')} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {columns.map(({ title, ...column }) => (
            <th key={title} scope="col" className={classOf(column)}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map(({ title, cell, isHead, mark, ...column }) =>
              isHead ? (
                <th key={title} scope="row" className="wrap">
                  {cell(row)}
                </th>
              ) : (
                <td key={title} className={[classOf(column), mark?.(row)].filter(Boolean).join(' ')}>
                  {cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
