// Reads TypeScript without its compiler: the parser is the one that vitest brings along, which keeps the types in the
// tree. TypeScript 7 has no interface for programs, and what depends on the older one does not run here.

import { dirname, join } from 'node:path';
import { parseAst } from 'vitest/node';

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export interface Import {
  /** As written: `./clock.ts`, `node:fs`, `zod`. */
  readonly specifier: string;
  /** A path in the project for a relative specifier, else the specifier. */
  readonly target: string;
  readonly form: 'import' | 'type' | 're-export' | 'dynamic' | 'url';
}

/** Several rules read the same files; a tree is never changed. */
const parsed = new Map<string, Node>();

/** The program's tree. Throws where the text is no TypeScript. */
export function parse(path: string, text: string): Node {
  const key = `${path}\n${text}`;
  const known = parsed.get(key) ?? parseAnew(path, text);
  parsed.set(key, known);
  return known;
}

function parseAnew(path: string, text: string): Node {
  try {
    const program: unknown = parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' });
    if (!isNode(program)) throw new Error('the parser gave no tree');
    return program;
  } catch (cause) {
    throw new Error(`cannot parse ${path}`, { cause });
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The nodes right below `node`, with the key under which they hang. */
export function children(node: Node): { key: string; child: Node }[] {
  return Object.entries(node).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).filter(isNode).map((child) => ({ key, child })),
  );
}

/** Calls `visit` for `node` and all below it, parents first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const key in node) {
    const value = node[key];
    if (Array.isArray(value)) {
      for (const child of value) if (isNode(child)) walk(child, visit);
    } else if (isNode(value)) walk(value, visit);
  }
}

/** Counting from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Everything that a file imports: values, types, `export … from`, `import()`, `import('…')` types, `new URL('…', import.meta.url)`, `import.meta.resolve('…')`. */
export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (source: unknown, form: Import['form']): void => {
    if (!isNode(source) || typeof source.value !== 'string') return;
    found.push({ specifier: source.value, target: resolveSpecifier(path, source.value), form });
  };
  walk(parse(path, text), (node) => {
    if (node.type === 'ImportDeclaration') add(node.source, node.importKind === 'type' ? 'type' : 'import');
    else if (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration')
      add(node.source, 're-export');
    else if (node.type === 'ImportExpression') add(node.source, 'dynamic');
    else if (node.type === 'TSImportType') add(node.source, 'type');
    else if (isModuleUrl(node) || isModuleResolve(node)) add(listOf(node.arguments)[0], 'url');
  });
  return found;
}

/** The list's nodes; none when it is no list. */
export function listOf(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isModuleUrl(node: Node): boolean {
  const [first, second] = listOf(node.arguments);
  const isUrl = node.type === 'NewExpression' && isNode(node.callee) && node.callee.name === 'URL';
  const relative = typeof first?.value === 'string' && /^\.\.?\/.*\.m?ts$/.test(first.value);
  return isUrl && relative && second?.type === 'MemberExpression';
}

/** `import.meta.resolve('…')` */
function isModuleResolve({ type, callee }: Node): boolean {
  const member = type === 'CallExpression' && isNode(callee) ? callee : undefined;
  return isNode(member?.object) && member.object.type === 'MetaProperty';
}

function resolveSpecifier(path: string, specifier: string): string {
  return specifier.startsWith('.') ? join(dirname(path), specifier) : specifier;
}
