// The event log as somebody reads it who wants to understand what happened: names instead of ids, times since the beginning,
// what matters and nothing else. It is made from the lines of the trace alone, so that the log of any run can be told.

import { Names, nameOfAll, nameOfPairs, type Subject } from './names.ts';
import { tellJob } from './tell-job.ts';
import { tellVm } from './tell-vm.ts';
import { tellWorld } from './tell-world.ts';
import type { Data, Told } from './told.ts';

/**
 * `close`: what happens within a tenth of a second is told together. `wide`: what happens within ten seconds is, and without
 * what is particular to one of many.
 */
export type View = 'close' | 'wide';

interface Group extends Told {
  at: number;
  times: number;
  subjects: Subject[];
  abouts: Subject[];
}

const togetherMs: Record<View, number> = { close: 100, wide: 10_000 };
const whoWidth = 8;

export class Transcript {
  readonly #names = new Names();
  readonly #view: View;
  readonly #tell: (line: string) => void;
  #groups: Group[] = [];
  #startedAt: number | undefined;

  constructor(view: View, tell: (line: string) => void) {
    this.#view = view;
    this.#tell = tell;
  }

  /** Takes one line of the trace. */
  read(line: string): void {
    const { at, who, what, data } = parse(line);
    this.#startedAt ??= at;
    if (who === 'story') {
      this.flush();
      this.#tell(`\n  ${what}\n`);
      return;
    }
    const told = this.#wordsFor(who, what, data);
    if (told !== undefined) this.#add(at, told);
  }

  /** Tells what was held back to be told together. */
  flush(): void {
    for (const group of this.#groups) this.#tell(this.#format(group));
    this.#groups = [];
  }

  #wordsFor(who: string, what: string, data: Data): Told | undefined {
    const [kind = '', id] = who.split(':', 2);
    if (kind === 'job' && id !== undefined) return tellJob(this.#names, id, what, data);
    if (kind === 'vm' && id !== undefined) return tellVm(this.#names, id, what, data);
    return tellWorld({ who, what, data, names: this.#names });
  }

  #add(at: number, told: Told): void {
    const since = at - togetherMs[this.#view];
    while (this.#groups[0] !== undefined && this.#groups[0].at < since) {
      const [first] = this.#groups.splice(0, 1);
      if (first !== undefined) this.#tell(this.#format(first));
    }
    const { subject, about } = told;
    // Nothing is told before what the same subject went through earlier.
    const earlier = this.#groups.findLastIndex(
      ({ subjects }) => subject !== undefined && subjects.some((one) => isSame(one, subject)),
    );
    const known = this.#groups.find(
      (group, index) =>
        index >= earlier &&
        group.who === told.who &&
        group.text === told.text &&
        group.about?.words === about?.words &&
        group.subject?.kind === subject?.kind,
    );
    const group = known ?? { ...told, at, times: 0, subjects: [], abouts: [] };
    if (known === undefined) this.#groups.push(group);
    group.times += 1;
    if (subject !== undefined) group.subjects.push(subject);
    if (about !== undefined) group.abouts.push(about.subject);
  }

  #format({ at, who, text, times, subjects, about, abouts }: Group): string {
    const isWide = this.#view === 'wide' || about === undefined;
    const [whom, whatElse] = isWide ? [nameOfAll(subjects), ''] : nameOfPairs(subjects, abouts);
    const more = isWide ? '' : ` ${about.words.replace('%', whatElse)}`;
    const often = subjects.length === 0 && times > 1 ? ` ×${times}` : '';
    const words = this.#names.in(`${whom === '' ? '' : `${whom}: `}${text}${more}${often}`);
    return `${relative(at - (this.#startedAt ?? at))}  ${this.#names.in(who).padEnd(whoWidth)}  ${words}`;
  }
}

const isSame = (a: Subject, b: Subject): boolean => a.kind === b.kind && a.number === b.number;

/** `+00:12.3`, or with hours before it. */
function relative(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const two = (number: number): string => String(number).padStart(2, '0');
  const hours = Math.floor(tenths / 36_000);
  const rest = `${two(Math.floor(tenths / 600) % 60)}:${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
  return `+${hours === 0 ? '' : `${hours}:`}${rest}`;
}

/** `2026-01-01T00:00:05.020Z vm:vm-x requested {…}`. What happened may have spaces in it. */
function parse(line: string): { at: number; who: string; what: string; data: Data } {
  const [time = '', who = ''] = line.split(' ', 2);
  const rest = line.slice(time.length + who.length + 2);
  const brace = rest.indexOf(' {');
  const what = brace === -1 ? rest : rest.slice(0, brace);
  return { at: Date.parse(time), who, what, data: brace === -1 ? {} : dataOf(rest.slice(brace + 1)) };
}

function dataOf(json: string): Data {
  const data: unknown = JSON.parse(json);
  return typeof data === 'object' && data !== null ? { ...data } : {};
}
