// Makes what is shipped: one file per program, in dist/.

import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { agentArchive } from './build/agent-archive.ts';
import { bundle, presentEntries } from './build/bundle.ts';
import { buildDashboard } from './build/dashboard.ts';
import { entries } from './build/entries.ts';

const help = `Usage: npm run build [-- OPTION... NAME...]

Bundles the programs that we ship into dist/, each into one file for Node 24.
NAME is one of ${Object.keys(entries).join(', ')}, dashboard; without any, all are built and dist/ is emptied first.

  --agent  write the agent's archive too, with its own Node and checksums: what \`bellows agent install\` takes
  --json   one JSON object as the last line
  --help   this text
`;

const root = join(import.meta.dirname, '..');
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { agent: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
});

async function main(): Promise<void> {
  const unknown = positionals.filter((name) => !(name in entries) && name !== 'dashboard');
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; see npm run build -- --help`);
  const present = presentEntries();
  const chosen = positionals.length === 0 ? present : present.filter((name) => positionals.includes(name));
  if (positionals.length === 0) await rm(join(root, 'dist'), { recursive: true, force: true });
  await mkdir(join(root, 'dist'), { recursive: true });
  const bundles = [];
  for (const name of chosen) {
    const made = await bundle(entries[name]);
    console.log(`${made.output.padEnd(26)} ${String(Math.round(made.bytes / 1000)).padStart(6)} kB`);
    bundles.push({ name, ...made });
  }
  if (positionals.length === 0 || positionals.includes('dashboard')) {
    const made = await buildDashboard();
    console.log(
      `${made.output.padEnd(26)} ${String(Math.round(made.bytes / 1000)).padStart(6)} kB, compressed`,
    );
    bundles.push({ name: 'dashboard', ...made });
  }
  if (chosen.includes('cli')) {
    await copyFile(join(root, 'scripts/build/launcher.mjs'), join(root, 'dist/bellows.js'));
    await chmod(join(root, 'dist/bellows.js'), 0o755);
  }
  const agent = options.agent ? await agentArchive(join(root, 'dist')) : undefined;
  if (agent !== undefined)
    console.log(`${relative(root, agent.archive)} ${Math.round(agent.release.bytes / 1e6)} MB`);
  if (options.json) console.log(JSON.stringify({ ok: true, bundles, ...(agent && { agent }) }));
}

if (options.help) console.log(help);
else await main();
