import Table from 'cli-table3';

const none = '';
const bare = {
  top: none,
  'top-mid': none,
  'top-left': none,
  'top-right': none,
  bottom: none,
  'bottom-mid': none,
  'bottom-left': none,
  'bottom-right': none,
  left: none,
  'left-mid': none,
  mid: none,
  'mid-mid': none,
  right: none,
  'right-mid': none,
  middle: '  ',
};

/** Rows in columns, without lines, so that it can be cut and searched. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({
    head: head.map((title) => title.toUpperCase()),
    chars: bare,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  made.push(...rows.map((row) => row.map(oneLine)));
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Tells how to see more, when there is more. */
export const withNext = (text: string, next: string | undefined): string =>
  next === undefined ? text : `${text}\n\nThere may be more: --after ${next}`;

/** What others named may hold line breaks and escape sequences, which a terminal would obey. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about.
const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
