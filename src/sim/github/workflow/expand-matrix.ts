// Matrix expansion by GitHub's documented rules: the product of the axes in order, less what `exclude` matches; each
// `include` entry extends every combination whose original values it does not change, or becomes one of its own.

export type Combination = Readonly<Record<string, unknown>>;

export const maxJobsOfMatrix = 256;

export type Expansion = { ok: true; combinations: readonly Combination[] } | { ok: false; problem: string };

/** @param matrix the evaluated `strategy.matrix`: an object of arrays, `include` and `exclude` lists of objects */
export function expandMatrix(matrix: unknown): Expansion {
  if (!isObject(matrix)) return { ok: false, problem: 'The matrix must be a mapping.' };
  const { include, exclude, ...axes } = matrix;
  let combinations: Record<string, unknown>[] = Object.keys(axes).length === 0 ? [] : [{}];
  for (const [axis, values] of Object.entries(axes)) {
    if (!Array.isArray(values)) return { ok: false, problem: `Matrix axis '${axis}' must be a list.` };
    if (values.length === 0)
      return { ok: false, problem: `Matrix axis '${axis}' does not contain any values.` };
    combinations = combinations.flatMap((base) =>
      values.map((value: unknown) => ({ ...base, [axis]: value })),
    );
  }
  const excluded = list(exclude);
  const included = list(include);
  if (!excluded || !included)
    return { ok: false, problem: '`include` and `exclude` must be lists of mappings.' };
  combinations = combinations.filter((combination) => !excluded.some((entry) => matches(combination, entry)));
  const result = includeInto(combinations, included);
  return result.length > maxJobsOfMatrix
    ? { ok: false, problem: `The matrix makes ${result.length} jobs; the most is ${maxJobsOfMatrix}.` }
    : { ok: true, combinations: result };
}

function includeInto(
  combinations: readonly Record<string, unknown>[],
  included: readonly Record<string, unknown>[],
): Combination[] {
  const extended = combinations.map((original) => ({ original, value: { ...original } }));
  const added: Combination[] = [];
  for (const entry of included) {
    const fits = extended.filter(({ original }) =>
      Object.entries(entry).every(([key, value]) => !(key in original) || same(original[key], value)),
    );
    for (const { value } of fits) Object.assign(value, entry);
    if (fits.length === 0) added.push({ ...entry });
  }
  return [...extended.map(({ value }) => value), ...added];
}

const matches = (combination: Record<string, unknown>, entry: Record<string, unknown>): boolean =>
  Object.entries(entry).every(([key, value]) => same(combination[key], value));

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function list(value: unknown): readonly Record<string, unknown>[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) && value.every(isObject) ? value : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
