/** What others named may hold line breaks and escape sequences, which a terminal would obey, and the table's own borders. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about.
const oneLine = (text: string): string => text.replace(/[|\u0000-\u001f\u007f-\u009f]+/g, ' ');

/** Rows between `|`, each column as wide as its widest cell. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(oneLine));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [line(first), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rest.map(line)].join(
    '\n',
  );
}
