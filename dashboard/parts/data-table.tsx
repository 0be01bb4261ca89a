// A table of any length: only the rows in sight are in the page, and the whole window scrolls them. It stays a real table,
// with its size told to screen readers. j, k and the arrows go from row to row.

import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { classOf } from './column-class.ts';

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  /** A CSS width; what is left over goes to columns without one. */
  width?: string;
  /** On a phone, where it is not the same. */
  phoneWidth?: string;
  isNumber?: boolean;
  wideOnly?: boolean;
}

type RowHeights = Pick<DataTableProps<unknown>, 'rowHeight' | 'phoneRowHeight'>;

export interface DataTableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Pixels; every row is as high. */
  rowHeight?: number;
  /** On a phone, where it is not the same: the second line of a row then has room to be two. */
  phoneRowHeight?: number;
  /** How many rows there are in all, when not all are here. */
  total?: number;
  /** Called when the last rows come into sight. */
  onEnd?: (() => void) | undefined;
}

/** What a row's first link needs so that the keys find it. */
const opener = 'a, button';

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, columns, rows, rowKey, total, onEnd } = props;
  const rowHeight = useRowHeight(props);
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  // After each render, since what stands above the table may come and go.
  useLayoutEffect(() => setTop(frame.current?.offsetTop ?? 0));
  // Without a key for each row, for that would go through all rows anew with each frame of scrolling.
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: top,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? -1;
  useLayoutEffect(() => {
    if (last >= rows.length - 15) onEnd?.();
  }, [last, rows.length, onEnd]);
  const move = useRowKeys(frame, rows.length, (index) => virtual.scrollToIndex(index, { align: 'auto' }));
  const before = (shown[0]?.start ?? top) - top;
  const after = virtual.getTotalSize() - ((shown.at(-1)?.end ?? top) - top);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are an addition; each row's link works without them
    <div
      className={props.phoneRowHeight === undefined ? 'table-frame' : 'table-frame tall'}
      ref={frame}
      onKeyDown={move}
    >
      <table className="rows" aria-rowcount={(total ?? rows.length) + 1}>
        <caption className="unseen">{caption}</caption>
        <colgroup>
          {columns.map((column) => (
            <col key={column.title} className={classOf(column)} style={widthsOf(column)} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ title, ...column }) => (
              <th key={title} scope="col" className={classOf(column)}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Gap height={before} />
          {shown.map(({ index }) => (
            <tr
              key={rowKey(rows[index] as Row)}
              data-index={index}
              aria-rowindex={index + 2}
              style={{ height: rowHeight }}
            >
              {columns.map(({ title, cell, ...column }) => (
                <td key={title} className={classOf(column)}>
                  {cell(rows[index] as Row)}
                </td>
              ))}
            </tr>
          ))}
          <Gap height={after} />
        </tbody>
      </table>
    </div>
  );
}

const phone = matchMedia('(max-width: 48rem)');
const onPhoneChange = (tell: () => void): (() => void) => {
  phone.addEventListener('change', tell);
  return () => phone.removeEventListener('change', tell);
};

function useRowHeight({ rowHeight = 48, phoneRowHeight = rowHeight }: RowHeights): number {
  return useSyncExternalStore(onPhoneChange, () => phone.matches) ? phoneRowHeight : rowHeight;
}

/** Read by the style sheet, which knows how wide the window is. */
const widthsOf = (column: { width?: string; phoneWidth?: string }): CSSProperties => {
  const { width = 'auto', phoneWidth = width } = column;
  return { '--wide': width, '--phone': phoneWidth } as CSSProperties;
};

/** One cell alone: one that spanned them all would make columns again of those that a phone does not show. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: no row can be focused, and this one holds nothing
    <tr className="gap" aria-hidden="true">
      <td style={{ height }} />
    </tr>
  );
}

const steps: Readonly<Record<string, number>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** Moves the focus by rows, also to those that are not in the page yet. */
function useRowKeys(
  frame: React.RefObject<HTMLDivElement | null>,
  count: number,
  scrollTo: (index: number) => void,
): (event: KeyboardEvent) => void {
  return (event) => {
    const step = steps[event.key];
    const row = event.target instanceof Element ? event.target.closest('tr[data-index]') : null;
    if (step === undefined || row === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = Math.min(count - 1, Math.max(0, Number(row.getAttribute('data-index')) + step));
    scrollTo(next);
    const focus = (): boolean => {
      const link = frame.current?.querySelector<HTMLElement>(`tr[data-index="${next}"] :is(${opener})`);
      link?.focus({ preventScroll: true });
      return link !== null && link !== undefined;
    };
    if (!focus()) requestAnimationFrame(focus);
  };
}
