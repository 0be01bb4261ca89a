// The dashboard, as the server serves it: hashed files, each also compressed, since the server compresses nothing itself.

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const root = resolve(import.meta.dirname, '../..');

/** Builds into `dist/dashboard` below `folder`; gives its path below `folder` and what a browser fetches, compressed. */
export async function buildDashboard(folder = root): Promise<{ output: string; bytes: number }> {
  const output = 'dist/dashboard';
  const outDir = join(folder, output);
  await rm(outDir, { recursive: true, force: true });
  await build({
    root: join(root, 'dashboard'),
    configFile: false,
    // No file of environment variables decides what is shipped.
    envDir: false,
    plugins: [react()],
    // The content security policy lets no data: URL be a script or style.
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2024',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    logLevel: 'warn',
  });
  return { output, bytes: await compressAll(outDir) };
}

async function compressAll(outDir: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(outDir, { recursive: true })) {
    if (!/\.(js|css|svg)$/.test(name)) continue;
    const path = join(outDir, name);
    const content = await readFile(path);
    const small = await promisify(brotliCompress)(content);
    await writeFile(`${path}.br`, small);
    await writeFile(`${path}.gz`, await promisify(gzip)(content));
    bytes += small.length;
  }
  return bytes;
}
