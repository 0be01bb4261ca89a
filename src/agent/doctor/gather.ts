// Facts that are made of several answers.

import { dirname } from 'node:path';
import type { Fact, FactSource, FileMark } from '../../ports/host-facts.ts';

/** The texts of all files in a folder, by name; with `below`, of that file in each folder of it. */
export async function textsIn(
  host: FactSource,
  folder: string,
  below?: string,
  wanted: (name: string) => boolean = () => true,
): Promise<Fact<readonly (readonly [name: string, text: string])[]>> {
  const names = await host.names(folder);
  if (names.kind !== 'seen') return names;
  const texts = await Promise.all(
    names.value.filter(wanted).map(async (name) => {
      const path = [folder, name, ...(below === undefined ? [] : [below])].join('/');
      return [name, await host.text(path)] as const;
    }),
  );
  const hidden = texts.map(([, text]) => text).find((text) => text.kind === 'hidden');
  if (hidden !== undefined) return hidden;
  const value = texts.flatMap(([name, text]) =>
    text.kind === 'seen' ? [[name, text.value.trim()] as const] : [],
  );
  return { kind: 'seen', value };
}

/** The marks of a path and of all folders above it, the root last; those that are not there are left out. */
export async function marksUpFrom(
  host: FactSource,
  path: string,
): Promise<Fact<readonly (readonly [path: string, mark: FileMark])[]>> {
  const real = await host.realPath(path);
  if (real.kind === 'hidden') return real;
  const found: (readonly [string, FileMark])[] = [];
  for (let at = real.kind === 'seen' ? real.value : path; ; at = dirname(at)) {
    const mark = await host.mark(at);
    if (mark.kind === 'hidden') return mark;
    if (mark.kind === 'seen') found.push([at, mark.value]);
    if (at === dirname(at)) return { kind: 'seen', value: found };
  }
}

/** Several facts of a kind as one, by name; one that is hidden hides them all. */
export async function allOf<T>(
  asked: Readonly<Record<string, Promise<Fact<T>>>>,
): Promise<Fact<Readonly<Record<string, T | undefined>>>> {
  const pairs = await Promise.all(
    Object.entries(asked).map(async ([name, fact]) => [name, await fact] as const),
  );
  const hidden = pairs.map(([, fact]) => fact).find((fact) => fact.kind === 'hidden');
  if (hidden !== undefined) return hidden;
  return {
    kind: 'seen',
    value: Object.fromEntries(
      pairs.map(([name, fact]) => [name, fact.kind === 'seen' ? fact.value : undefined]),
    ),
  };
}
