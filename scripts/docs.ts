// Writes the generated parts of the documentation, or says which of them are out of date.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { replaceBlock } from './docs/block.ts';
import { generators } from './docs/generators.ts';

const help = `Usage: npm run docs [-- OPTION]

Rewrites each block between <!-- generated:NAME --> and <!-- /generated --> from the code that it describes.

  --check  change nothing; name the files that are out of date and end with code 1
  --help   this text
`;

const root = join(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});

async function main(): Promise<void> {
  const stale: string[] = [];
  for (const { file, block, generate } of generators) {
    const before = await readFile(join(root, file), 'utf8');
    const after = replaceBlock(before, block, generate(), file);
    if (after === before) continue;
    stale.push(`${file} (block ${block})`);
    if (!options.check) await writeFile(join(root, file), after);
  }
  if (stale.length === 0) console.log('The documentation is current.');
  else console.log(`${options.check ? 'Out of date, run npm run docs' : 'Written'}: ${stale.join(', ')}`);
  if (options.check && stale.length > 0) process.exitCode = 1;
}

if (options.help) console.log(help);
else await main();
