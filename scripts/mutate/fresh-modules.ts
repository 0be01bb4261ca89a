// Imports of Stryker's sandbox, as often as asked for: each generation evaluates every module of it anew, since a mutant
// in what a module computes while it loads is alive only then. Packages are shared by all generations.

import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const suite = new URL('./suite.ts', import.meta.url).href;
const replaced = new Set(['vitest', '@fast-check/vitest']);

/** Serves the modules below `folder`; the test packages, imported from there, are `suite.ts`. */
export function freshModules(folder: string): { import(file: string, generation: number): Promise<unknown> } {
  const base = `${pathToFileURL(folder).href}/`;
  const sources = new Map<string, string>();
  const isOurs = (url: string | undefined) =>
    url?.startsWith(base) === true && !url.includes('/node_modules/');
  registerHooks({
    resolve(specifier, context, next) {
      if (!isOurs(context.parentURL)) return next(specifier, context);
      if (replaced.has(specifier)) return { url: suite, shortCircuit: true };
      const found = next(specifier, context);
      const generation = new URL(context.parentURL ?? base).search;
      return isOurs(found.url) ? { ...found, url: `${found.url}${generation}` } : found;
    },
    load(url, context, next) {
      if (!isOurs(url) || !url.includes('.ts?')) return next(url, context);
      const path = fileURLToPath(url.slice(0, url.lastIndexOf('?')));
      const source = sources.get(path) ?? stripTypeScriptTypes(readFileSync(path, 'utf8'));
      sources.set(path, source);
      return { format: 'module', source, shortCircuit: true };
    },
  });
  return { import: (file, generation) => import(`${pathToFileURL(file).href}?${generation}`) };
}
