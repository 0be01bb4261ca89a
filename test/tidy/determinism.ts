// The product takes time, chance, timers and the outside world through ports, so that one seed gives one run. Only the
// adapters and the composition roots may touch the real ones.

import { isBuiltin } from 'node:module';
import { type GlobalUse, globalsUsed } from '../support/globals.ts';
import { isTest, type SourceTree, typescriptFiles } from '../support/source-tree.ts';
import { isNode, lineOf, listOf, type Node, parse, walk } from '../support/syntax.ts';

/** Node's modules that compute and do nothing else. */
const pureModules = [
  'path',
  'path/posix',
  'util',
  'url',
  'buffer',
  'crypto',
  'events',
  'assert',
  'stream',
  'string_decoder',
  'zlib',
];

/** What the simulator needs beside them: ticks come in a fixed order, and loading a module does nothing to a run. */
const simModules: Readonly<Record<string, readonly string[]>> = {
  async_hooks: ['AsyncLocalStorage', 'createHook', 'executionAsyncId', 'triggerAsyncId'],
  process: ['nextTick'],
  module: ['registerHooks'],
};

const sqlClock =
  /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|random|gen_random_uuid)\s*\(\s*\)|\b(current_timestamp|current_date|current_time|localtimestamp)\b/i;

/** No clock, randomness, timers, environment, process or input and output outside the adapters and `src/main/`. */
export function undeterminedCode(tree: SourceTree): string[] {
  return typescriptFiles(tree)
    .filter(([path]) => mustBeDetermined(path))
    .flatMap(([path, text]) => {
      const program = parse(path, text);
      const at = (node: Node): string => `${path}:${lineOf(text, node.start)}`;
      const globals = globalsUsed(program).flatMap((use) => {
        const problem = problemOfGlobal(use);
        return problem === undefined ? [] : [`${at(use.node)}: ${problem}`];
      });
      const modules = listOf(program.body).flatMap((node) => {
        const problem = problemOfImport(path, node);
        return problem === undefined ? [] : [`${at(node)}: ${problem}`];
      });
      return [...globals, ...modules];
    });
}

/** Every time in SQL is a parameter, as is every random value. */
export function clocksInSql(tree: SourceTree): string[] {
  const code = typescriptFiles(tree).flatMap(([path, text]) => {
    if (!path.startsWith('src/') || isTest(path)) return [];
    return stringsIn(parse(path, text))
      .filter(({ value }) => sqlClock.test(value))
      .map(({ node }) => `${path}:${lineOf(text, node.start)}: SQL asks the database for time or chance`);
  });
  const files = [...tree].filter(([path, text]) => path.endsWith('.sql') && sqlClock.test(text));
  return [...code, ...files.map(([path]) => `${path}: SQL asks the database for time or chance`)];
}

function mustBeDetermined(path: string): boolean {
  const isBorder =
    /^src\/(adapters|main)\//.test(path) ||
    /^src\/sim\/(.*\/)?(http|process-)[^/]*(\/|\.ts$)/.test(path) ||
    isGuard(path);
  return path.startsWith('src/') && !isBorder && !isTest(path);
}

/** It takes hold of what nobody else may touch. */
const isGuard = (path: string): boolean => /^src\/sim\/guard(-places)?\.ts$/.test(path);

function problemOfGlobal({ name, node, parent }: GlobalUse): string | undefined {
  const member = memberOf(node, parent);
  if (name === 'Date')
    return isPureDate(node, parent, member) ? undefined : 'takes the time from Date, not from the Clock port';
  if (name === 'Math')
    return member !== undefined && member !== 'random' ? undefined : 'Math.random: use the Random port';
  if (name === 'crypto')
    return member === 'subtle' ? undefined : 'crypto: use the Random port, or node:crypto to compute';
  if (name === 'AbortSignal')
    return member === 'timeout' ? 'AbortSignal.timeout is a timer: use the Clock port' : undefined;
  if (name === 'globalThis') return 'globalThis: import what you need, or take it as an argument';
  return outside[name];
}

const outside: Readonly<Record<string, string>> = {
  process: 'process: only src/main/ and the adapters see the process',
  performance: 'performance: take the time from the Clock port',
  Temporal: 'Temporal: take the time from the Clock port',
  setTimeout: 'setTimeout: use the Clock port',
  setInterval: 'setInterval: use the Clock port',
  setImmediate: 'setImmediate: use the Clock port',
  fetch: 'fetch: only adapters speak to the network',
  WebSocket: 'WebSocket: only adapters speak to the network',
  EventSource: 'EventSource: only adapters speak to the network',
  require: 'require: import it',
};

function memberOf(node: Node, parent: Node): string | undefined {
  const isObject = parent.type === 'MemberExpression' && parent.object === node && parent.computed !== true;
  return isObject && isNode(parent.property) ? String(parent.property.name) : undefined;
}

/** `new Date(x)` and `Date.parse(x)` compute; `new Date()` and `Date.now()` look at the clock. */
function isPureDate(node: Node, parent: Node, member: string | undefined): boolean {
  if (member === 'parse' || member === 'UTC') return true;
  if (parent.type === 'BinaryExpression') return parent.operator === 'instanceof';
  return parent.type === 'NewExpression' && parent.callee === node && listOf(parent.arguments).length > 0;
}

function problemOfImport(path: string, node: Node): string | undefined {
  const source = isNode(node.source) ? String(node.source.value) : '';
  if (!isBuiltin(source) || node.importKind === 'type') return undefined;
  const name = source.replace(/^node:/, '');
  const names = listOf(node.specifiers).map(({ imported }) =>
    isNode(imported) ? String(imported.name) : '*',
  );
  const forSim = path.startsWith('src/sim/') ? simModules[name] : undefined;
  if (forSim !== undefined && names.every((imported) => forSim.includes(imported))) return undefined;
  if (!pureModules.includes(name)) return `imports node:${name}: only adapters touch the system`;
  const isChancy = names.some((imported) => /^(\*|random|generate|getRandom|webcrypto)/.test(imported));
  return name === 'crypto' && isChancy
    ? 'imports randomness from node:crypto: use the Random port'
    : undefined;
}

function stringsIn(program: Node): { node: Node; value: string }[] {
  const found: { node: Node; value: string }[] = [];
  walk(program, (node) => {
    if (node.type === 'Literal' && typeof node.value === 'string') found.push({ node, value: node.value });
    const raw = node.type === 'TemplateElement' ? node.value : undefined;
    if (typeof raw === 'object' && raw !== null && 'raw' in raw) found.push({ node, value: String(raw.raw) });
  });
  return found;
}
