// Evaluates GitHub expressions over plain JSON, by GitHub's own evaluator. The server uses it for conditions, matrices and
// names of jobs; the simulated runner for everything inside a job.

import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import type { TemplateToken } from './workflow.ts';

export type Contexts = Readonly<Record<string, unknown>>;
/** A function without a built-in meaning, such as `success()`: takes and gives plain JSON. */
export type Functions = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** @throws when the expression cannot be parsed, names an unknown context or function, or fails. */
export function evaluate(expression: string, contexts: Contexts, functions: Functions = {}): unknown {
  const custom = Object.entries(functions).map(([name, call]) => ({
    name,
    description: name,
    minArgs: 0,
    maxArgs: 255,
    call: (...args: data.ExpressionData[]) => toData(call(...args.map(fromData))),
  }));
  const tokens = new Lexer(expression).lex().tokens;
  const tree = new Parser(tokens, Object.keys(contexts), custom).parse();
  const named = new Map(custom.map((definition) => [definition.name.toLowerCase(), definition]));
  const context = new data.Dictionary(
    ...Object.entries(contexts).map(([key, value]) => ({ key, value: toData(value) })),
  );
  return fromData(new Evaluator(tree, context, named).evaluate());
}

/** Whether the expression's value counts as true: everything but false, 0, '', null and NaN. */
export function holds(expression: string, contexts: Contexts, functions: Functions = {}): boolean {
  const value = evaluate(expression, contexts, functions);
  return !(value === false || value === 0 || value === '' || value === null || Number.isNaN(value));
}

/** Replaces every expression in a template token by its value, down to plain JSON. */
export function resolve(
  token: TemplateToken | undefined,
  contexts: Contexts,
  functions: Functions = {},
): unknown {
  if (token === undefined || token === null || typeof token !== 'object') return token;
  switch (token.type) {
    case 1:
      return token.seq.map((item) => resolve(item, contexts, functions));
    case 2:
      return Object.fromEntries(
        token.map.map(({ Key, Value }) => [
          text(resolve(Key, contexts, functions)),
          resolve(Value, contexts, functions),
        ]),
      );
    case 3:
      return evaluate(token.expr, contexts, functions);
  }
}

/** A value as GitHub prints it into a string. */
export function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return 'Array';
  return typeof value === 'object' ? 'Object' : String(value);
}

function toData(value: unknown): data.ExpressionData {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (typeof value === 'string') return new data.StringData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  return new data.Dictionary(...Object.entries(value).map(([key, item]) => ({ key, value: toData(item) })));
}

function fromData(value: data.ExpressionData): unknown {
  switch (value.kind) {
    case data.Kind.Null:
      return null;
    case data.Kind.Array:
      return value.values().map(fromData);
    case data.Kind.Dictionary:
      return Object.fromEntries(value.pairs().map(({ key, value: item }) => [key, fromData(item)]));
    default:
      return value.value;
  }
}
