// A unit is one folder of src/domain with the tests that must kill its mutants. These are its own; where none of them
// reaches a source of the folder, also those elsewhere in the domain that do.

import { posix } from 'node:path';

const domain = 'src/domain';

export interface Unit {
  /** The folder below src/domain; `.` for the files that stand in it itself. */
  readonly name: string;
  readonly sources: readonly string[];
  readonly tests: readonly string[];
  /** All that the result depends on: sources, tests, and what these import or name. */
  readonly inputs: readonly string[];
}

/** The text of a file of the project, or nothing where there is none. */
export type Read = (path: string) => string | undefined;

const isTest = (path: string) => path.endsWith('.test.ts');
const isSource = (path: string) => path.endsWith('.ts') && !isTest(path) && !path.endsWith('.fixture.ts');

/** The units of the project whose paths below src/domain these are, by name. */
export function unitsOf(paths: readonly string[], read: Read): Unit[] {
  const tests = paths.filter(isTest);
  const reachOf = new Map(tests.map((test) => [test, reachable([test], read)]));
  const folders = [...new Set(paths.filter(isSource).map((path) => posix.dirname(path)))].sort();
  return folders.map((folder) => {
    const stands = (path: string) => posix.dirname(path) === folder;
    const sources = paths.filter((path) => isSource(path) && stands(path)).sort();
    const own = tests.filter(stands);
    const reached = new Set(own.flatMap((test) => [...(reachOf.get(test) ?? [])]));
    const missed = sources.filter((source) => !reached.has(source));
    const others = tests.filter(
      (test) => !stands(test) && missed.some((source) => reachOf.get(test)?.has(source)),
    );
    const chosen = [...own, ...others].sort();
    const inputs = [...reachable([...sources, ...chosen], read)].sort();
    return { name: posix.relative(domain, folder) || '.', sources, tests: chosen, inputs };
  });
}

/** The units that somebody named, as `labels` or as `src/domain/labels`; all without a name. Throws for another. */
export function chosenUnits(units: readonly Unit[], names: readonly string[]): readonly Unit[] {
  if (names.length === 0) return units;
  return names.map((name) => {
    const short = posix.relative(domain, posix.normalize(name)).startsWith('..')
      ? posix.normalize(name).replace(/\/$/, '')
      : posix.relative(domain, posix.normalize(name)) || '.';
    const found = units.find((unit) => unit.name === short);
    if (!found)
      throw new Error(`no unit ${name}; there are ${units.map(({ name: known }) => known).join(', ')}`);
    return found;
  });
}

/** These files and all of the project that they import, or name as a path that stands beside them. */
function reachable(from: readonly string[], read: Read): Set<string> {
  const found = new Set<string>();
  const open = [...from];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const text = found.has(path) ? undefined : read(path);
    if (text === undefined) continue;
    found.add(path);
    if (path.endsWith('.ts')) open.push(...namedIn(text, posix.dirname(path)));
  }
  return found;
}

function namedIn(text: string, folder: string): string[] {
  return [...text.matchAll(/'((?:\.{1,2}\/)*[\w./-]+\.(?:ts|md|nft|txt|json))'/g)].map(([, name]) =>
    posix.join(folder, name ?? ''),
  );
}
