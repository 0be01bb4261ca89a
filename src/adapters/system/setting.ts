// Configuration is data: a table of settings, each with its environment variable, default, parser and a line for the
// documentation. The reference page is printed from the same tables, so it cannot be out of date.

export interface Setting<T> {
  env: string;
  /** As it would be written into the variable; undefined when there is none. */
  fallback: string | undefined;
  /** Without it the program does not start. */
  required: boolean;
  /** Gives the value, or throws an Error that says what is wanted. */
  parse: (text: string) => T;
  /** One sentence or two, as Markdown. */
  doc: string;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type ValuesOf<Table extends Settings> = {
  readonly [Name in keyof Table]: Table[Name] extends Setting<infer T> ? T : never;
};

/** With a default. */
export const setting = <T>(
  env: string,
  fallback: string,
  parse: (text: string) => T,
  doc: string,
): Setting<T> => ({
  env,
  fallback,
  required: false,
  parse,
  doc,
});

export const required = <T>(env: string, parse: (text: string) => T, doc: string): Setting<T> => ({
  env,
  fallback: undefined,
  required: true,
  parse,
  doc,
});

export const optional = <T>(
  env: string,
  parse: (text: string) => T,
  doc: string,
): Setting<T | undefined> => ({ env, fallback: undefined, required: false, parse, doc });

export type ReadSettings<Table extends Settings> =
  /** `unknown`: variables that begin as ours do and that no setting knows, most likely misspelt. */
  | { ok: true; values: ValuesOf<Table>; unknown: readonly string[] }
  /** Every problem at once, each naming its variable: an operator mends them in one go. */
  | { ok: false; problems: readonly string[] };

/**
 * An empty variable counts as unset.
 * @param others tables of other programs, whose variables may stand in the same environment.
 */
export function readSettings<Table extends Settings>(
  table: Table,
  env: Readonly<Record<string, string | undefined>>,
  others: readonly Settings[] = [],
): ReadSettings<Table> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(table)) {
    const text = env[one.env] || one.fallback;
    if (text === undefined) {
      if (one.required) problems.push(`${one.env} is not set: ${firstSentence(one.doc)}`);
      continue;
    }
    try {
      values[name] = one.parse(text);
    } catch (error) {
      problems.push(`${one.env}: ${error instanceof Error ? error.message : 'wrong'}`);
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, values: values as ValuesOf<Table>, unknown: unknownIn(env, [table, ...others]) };
}

function unknownIn(env: Readonly<Record<string, string | undefined>>, tables: readonly Settings[]): string[] {
  const known = new Set(tables.flatMap((table) => Object.values(table).map((one) => one.env)));
  return Object.keys(env).filter((name) => name.startsWith('BELLOWS_') && !known.has(name));
}

const firstSentence = (doc: string): string => /^.*?\.(?= |$)/.exec(doc)?.[0] ?? doc;

/** The table as Markdown. */
export function printSettings(table: Settings): string {
  const rows = Object.values(table).map((one) => {
    const fallback = one.required ? '**required**' : !one.fallback ? '' : `\`${one.fallback}\``;
    return `| \`${one.env}\` | ${fallback} | ${one.doc} |`;
  });
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}
