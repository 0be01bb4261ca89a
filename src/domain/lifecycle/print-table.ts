// Prints the tables of both machines, the verdict and the deadlines as Markdown for docs/lifecycle.md, from the very data
// that the product runs on.

import type { DurationMs } from '../time.ts';
import type { Timing } from './deadlines.ts';
import { defaultTiming } from './deadlines.ts';
import { jobTable } from './job-table.ts';
import type { Verdict } from './verdict.ts';
import { bindings, githubWords, guestWords, verdict } from './verdict.ts';
import { vmTable } from './vm-table.ts';

type PrintedCell =
  | { kind: 'act'; name: string; to: readonly string[] }
  | { kind: 'ignored'; why: string }
  | { kind: 'impossible'; why: string };
type PrintedTable = Readonly<Record<string, Readonly<Record<string, PrintedCell>>>>;

/** Name → Markdown of each generated block of docs/lifecycle.md. */
export const lifecycleBlocks: Readonly<Record<string, () => string>> = {
  'job-table': () => printTable(jobTable),
  'vm-table': () => printTable(vmTable),
  verdict: printVerdict,
  deadlines: () => printTiming(defaultTiming),
};

/** An overview, then for each state what every event does. */
export const printTable = (table: PrintedTable): string =>
  [printOverview(table), ...Object.keys(table).map((state) => printState(table, state))].join('\n\n');

/** States in columns, events in rows: `→ state` where it may lead, `·` stays and acts, `–` ignored, `!` impossible. */
function printOverview(table: PrintedTable): string {
  const states = Object.keys(table);
  const events = Object.keys(table[states[0] ?? ''] ?? {});
  const rows = events.map((event) => [
    code(event),
    ...states.map((state) => symbol(table[state]?.[event], state)),
  ]);
  return grid(['event', ...states], rows);
}

function symbol(cell: PrintedCell | undefined, state: string): string {
  if (cell === undefined || cell.kind === 'ignored') return '–';
  if (cell.kind === 'impossible') return '!';
  const elsewhere = cell.to.filter((to) => to !== state);
  return elsewhere.length === 0 ? '·' : `→ ${elsewhere.join(', ')}`;
}

function printState(table: PrintedTable, state: string): string {
  const rows = Object.entries(table[state] ?? {}).map(([event, cell]) => [
    code(event),
    cell.kind === 'act' ? code(cell.name) : cell.kind,
    cell.kind === 'act' ? cell.to.join(', ') : cell.why,
  ]);
  return `#### ${state}\n\n${grid(['event', 'handler', 'leads to, or why not'], rows)}`;
}

/** GitHub's answer and the guest's word in rows, the binding in columns. */
export function printVerdict(): string {
  const rows = githubWords.flatMap((github) =>
    guestWords.map((guest) => [
      github,
      guest,
      ...bindings.map((binding) => wordsOf(verdict(github, guest, binding))),
    ]),
  );
  return grid(['GitHub', 'guest', ...bindings], rows);
}

function wordsOf(found: Verdict): string {
  switch (found.do) {
    case 'destroy':
      return `**destroy** (${found.rule})`;
    case 'delete-runner':
      return 'delete the runner';
    case 'ask-guest':
      return 'ask the guest';
    case 'wait':
    case 'keep':
      return `${found.do}: ${found.why}`;
  }
}

export function printTiming(timing: Timing): string {
  const rows = Object.entries(timing).map(([name, length]) => [code(name), printDuration(length)]);
  return grid(['name', 'default'], rows);
}

function printDuration(length: DurationMs): string {
  if (length % 3_600_000 === 0) return `${length / 3_600_000} h`;
  if (length > 3_600_000) return `${Math.floor(length / 3_600_000)} h ${(length % 3_600_000) / 60_000} min`;
  return length % 60_000 === 0 ? `${length / 60_000} min` : `${length / 1000} s`;
}

const code = (text: string): string => `\`${text}\``;

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
