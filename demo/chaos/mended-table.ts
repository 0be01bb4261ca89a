import Table from 'cli-table3';

type Counts = Readonly<Record<string, number | undefined>>;

/** What went wrong beside what was mended, each with its number. */
export function mendedTable(injected: Counts, repairs: Counts): string {
  const table = new Table({
    head: ['went wrong', '', 'was mended', ''],
    colAligns: ['left', 'right', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const [wrong, mended] = [rowsOf(injected), rowsOf(repairs)];
  for (let row = 0; row < Math.max(wrong.length, mended.length); row += 1)
    table.push([...(wrong[row] ?? ['', '']), ...(mended[row] ?? ['', ''])]);
  return table.toString();
}

const rowsOf = (counts: Counts): [string, string][] =>
  Object.entries(counts).flatMap(([name, count]) =>
    count === undefined || count === 0 ? [] : [[name, String(count)] as [string, string]],
  );
