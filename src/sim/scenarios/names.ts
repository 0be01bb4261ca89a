// Ids as a reader can keep them in mind: jobs are numbered and VMs lettered in the order in which they are first heard of.

export interface Subject {
  kind: 'job' | 'VM';
  /** From 1 on. */
  number: number;
}

export class Names {
  readonly #jobs = new Map<string, number>();
  readonly #vms = new Map<string, number>();

  job(id: unknown): Subject {
    return { kind: 'job', number: numberOf(this.#jobs, String(id)) };
  }

  /** @param id of a VM, or the name of its runner. */
  vm(id: unknown): Subject {
    const bare = String(id)
      .replace(/^(vm|bellows-sim)-/, '')
      .replace(/\.\d+$/, '');
    return { kind: 'VM', number: numberOf(this.#vms, bare) };
  }

  /** The text with names instead of ids. */
  in(text: string): string {
    return text
      .replace(/\b(?:vm|bellows-sim)-[a-z0-9]{12}(?:\.\d+)?\b/g, (id) => nameOf(this.vm(id)))
      .replace(/\b494\d{8}\b/g, (id) => nameOf(this.job(id)))
      .replace(/\b(?:host-)?host-(\d+)(?:-\d+)?\b/g, 'host $1')
      .replace(/\bserver-(\d+)\b/g, 'server $1');
  }
}

export const nameOf = ({ kind, number }: Subject): string => `${kind} ${markOf({ kind, number })}`;

/** `job 3`, `jobs 1–3, 7`, `VMs A–C`; where that would be long, `12 jobs, 3 to 80`. */
export function nameOfAll(subjects: readonly Subject[]): string {
  const [first] = subjects;
  if (first === undefined) return '';
  const { kind } = first;
  const numbers = [...new Set(subjects.map(({ number }) => number))].sort((a, b) => a - b);
  if (numbers.length === 1) return nameOf(first);
  const mark = (number: number): string => markOf({ kind, number });
  const ranges = rangesOf(numbers);
  if (ranges.length > mostRanges) {
    return `${numbers.length} ${kind}s, ${mark(Math.min(...numbers))} to ${mark(Math.max(...numbers))}`;
  }
  const texts = ranges.map(([low, high]) =>
    low === high ? mark(low) : `${mark(low)}${high === low + 1 ? ', ' : '–'}${mark(high)}`,
  );
  return `${kind}s ${texts.join(', ')}`;
}

/** Subjects, and what each of them has to do with, in the same order: `jobs 1, 2` and `VMs B, A`. */
export function nameOfPairs(left: readonly Subject[], right: readonly Subject[]): readonly [string, string] {
  const isInOrder = isRising(left) && isRising(right);
  return isInOrder || left.length > mostPairs
    ? [nameOfAll(left), nameOfAll(right)]
    : [inTurn(left), inTurn(right)];
}

const mostPairs = 10;

const isRising = (subjects: readonly Subject[]): boolean =>
  subjects.every(({ number }, index) => index === 0 || number > (subjects[index - 1]?.number ?? 0));

const inTurn = (subjects: readonly Subject[]): string =>
  `${subjects[0]?.kind}s ${subjects.map(markOf).join(', ')}`;

const mostRanges = 4;

function rangesOf(numbers: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

function numberOf(known: Map<string, number>, id: string): number {
  const number = known.get(id) ?? known.size + 1;
  known.set(id, number);
  return number;
}

/** VMs as the columns of a spreadsheet: A to Z, AA, AB … */
function markOf({ kind, number }: Subject): string {
  if (kind === 'job') return String(number);
  let letters = '';
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}
