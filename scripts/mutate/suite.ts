// What `describe`, `it` and `test` of a test file register while it is imported, as far as the tests of src/domain use
// them; `expect` is vitest's own. Stryker's runner for vitest starts a worker for each mutant, half a second of
// processor time; here a mutant costs what its tests cost. A call that is missing here fails the run and is not skipped.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { chai, expect } from 'vitest';

type Body = (...values: never[]) => unknown;

export interface RegisteredTest {
  readonly id: string;
  readonly file: string;
  readonly run: () => unknown;
}

const registered: RegisteredTest[] = [];
const path: string[] = [];
/** The test file that is imported, or whose test runs. */
let file = '';

/** Imports a test file and gives the tests that it registers, in their order. */
export async function collect(
  testFile: string,
  importFile: () => Promise<unknown>,
): Promise<RegisteredTest[]> {
  file = testFile;
  registered.length = 0;
  await importFile();
  return [...registered];
}

function register(name: string, run: () => unknown): void {
  const plain = [file, ...path, name].join(' > ');
  const before = registered.filter(({ id }) => id === plain || id.startsWith(`${plain} #`)).length;
  const of = file;
  registered.push({
    id: before === 0 ? plain : `${plain} #${before + 1}`,
    file,
    run: () => {
      file = of;
      return run();
    },
  });
}

export function describe(name: string, body: () => void): void {
  path.push(name);
  try {
    body();
  } finally {
    path.pop();
  }
}

function define(name: string, body: Body): void {
  register(name, () => (body as () => unknown)());
}

/** Rows that are lists are spread over the parameters, others are the only one, as vitest has it. */
function each(rows: readonly unknown[]) {
  return (name: string, body: Body) => {
    for (const row of rows) {
      const values = (Array.isArray(row) ? row : [row]) as never[];
      register(name, () => body(...values));
    }
  };
}

/** A mutant that only the hundredth value finds is killed one time and not the next; and a survivor pays for all. */
const mostRuns = 30;

/** `examples` are not taken: they would have to be of another shape here. */
type Parameters = Omit<fc.Parameters<[unknown[]]>, 'examples'>;

function prop(arbitraries: readonly fc.Arbitrary<unknown>[], parameters: Parameters = {}) {
  return (name: string, body: Body) => {
    const property = fc.asyncProperty(fc.tuple(...arbitraries), async (values) => {
      if ((await body(...(values as never[]))) === false) throw new Error('the property gave false');
    });
    const numRuns = Math.min(parameters.numRuns ?? mostRuns, mostRuns);
    register(name, () => fc.assert(property, { ...parameters, numRuns }));
  };
}

const skipIf = (condition: unknown) => (condition ? () => undefined : define);

const definer = () => Object.assign((name: string, body: Body) => define(name, body), { each, prop, skipIf });

export const test = definer();
export const it = definer();
export { expect, fc };

// The same values each time, so that a mutant that a property kills is killed again; and no search for a smaller
// counterexample, which nobody reads.
fc.configureGlobal({ seed: 1, endOnFailure: true });

// vitest's own asks the worker for its snapshots.
chai.use(({ Assertion }, { addMethod, flag }) =>
  addMethod(Assertion.prototype, 'toMatchFileSnapshot', function (this: object, snapshot: string) {
    const text = readFileSync(join(dirname(file), snapshot), 'utf8');
    if (flag(this, 'object') !== text) throw new Error(`differs from ${snapshot}`);
  }),
);
