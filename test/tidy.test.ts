// The project checks itself. Every rule must also find a violation planted for it.

import { describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { generators } from '../scripts/docs/generators.ts';
import { globalsUsed } from './support/globals.ts';
import { projectPaths, readProject } from './support/source-tree.ts';
import { parse } from './support/syntax.ts';
import { badNames, leftoversInCode, longFiles, longFunctions, swallowedErrors } from './tidy/code.ts';
import { clocksInSql, undeterminedCode } from './tidy/determinism.ts';
import {
  brokenLinks,
  brokenPaths,
  type Project,
  unknownBlocks,
  unknownCommands,
  unlistedPages,
} from './tidy/documents.ts';
import { helpOf, scriptCommands, silentCommands, subcommands } from './tidy/help.ts';
import { privateWordsIn } from './tidy/words.ts';

const tree = readProject();
const paths = projectPaths();
const project: Project = {
  tree,
  paths: new Set(paths),
  scripts: new Set(Object.keys(packageJson.scripts)),
  blocks: new Set(generators.map(({ block }) => block)),
};

const files = (planted: Record<string, string>): Map<string, string> => new Map(Object.entries(planted));

function documents(planted: Record<string, string>): Project {
  const plantedTree = files(planted);
  return {
    tree: plantedTree,
    paths: new Set(plantedTree.keys()),
    scripts: new Set(['demo']),
    blocks: new Set(['a']),
  };
}

describe('the project', () => {
  it.each([
    ['takes time, chance and the outside world through ports', undeterminedCode],
    ['gives SQL its times as parameters', clocksInSql],
    ['has no long files', longFiles],
    ['has no long functions', longFunctions],
    ['names its files for what they hold', badNames],
    ['has no leftovers in its code', leftoversInCode],
    ['swallows no error without a reason', swallowedErrors],
    ['names no place that only one machine has', privateWordsIn],
  ])('%s', (_name, rule) => {
    expect(rule(tree)).toEqual([]);
  });

  it.each([
    ['links to what is there', brokenLinks],
    ['names paths that are there', brokenPaths],
    ['names commands that are there', unknownCommands],
    ['generates what it says is generated', unknownBlocks],
    ['lists every page', unlistedPages],
  ])('%s', (_name, rule) => {
    expect(rule(project)).toEqual([]);
  });
});

describe('every command explains itself', () => {
  it.concurrent.each(scriptCommands(paths).map((command) => ({ name: command.slice(1).join(' '), command })))(
    '$name --help',
    { timeout: 300_000 },
    async ({ command }) => {
      expect(await silentCommands(command)).toEqual([]);
    },
  );

  it('finds the commands below a command', () => {
    const help =
      'Usage: x\n\nOptions:\n  -h, --help  help\n\nCommands:\n  jobs [options]  list\n  vm-logs <vm>  logs\n  help [command]\n';
    expect(subcommands(help)).toEqual(['jobs', 'vm-logs']);
  });

  it('notices a command that fails, and one that says nothing', async () => {
    await expect(helpOf(['sh', '-c', 'exit 1'])).rejects.toThrow();
    await expect(helpOf(['sh', '-c', 'exit 0'])).rejects.toThrow('says nothing');
    expect(await silentCommands(['sh', '-c', 'exit 3'])).toHaveLength(1);
  });
});

describe('a planted use of the surroundings', () => {
  it.each([
    ['const a = Date.now();', 'Clock port'],
    ['const a = new Date();', 'Clock port'],
    ['const { now } = Date;', 'Clock port'],
    ['const a = Date();', 'Clock port'],
    ['const a = performance.now();', 'Clock port'],
    ['const a = Math.random();', 'Random port'],
    ['const { random } = Math;', 'Random port'],
    ['const a = crypto.randomUUID();', 'Random port'],
    ["import { randomBytes } from 'node:crypto';", 'Random port'],
    ["import * as all from 'node:crypto';", 'Random port'],
    ['setTimeout(() => {}, 1);', 'Clock port'],
    ['const later = setInterval;', 'Clock port'],
    ['setImmediate(f);', 'Clock port'],
    ['const s = AbortSignal.timeout(5);', 'Clock port'],
    ['const a = process.env.HOME;', 'process'],
    ['function f() { return process.argv; }', 'process'],
    ['const a = { process };', 'process'],
    ["const a = (process as unknown)['exit'];", 'process'],
    ['await fetch(url);', 'network'],
    ['const a = globalThis.setTimeout;', 'globalThis'],
    ["import { readFile } from 'node:fs/promises';", 'node:fs/promises'],
    ["import net from 'net';", 'node:net'],
    ["export { spawn } from 'node:child_process';", 'node:child_process'],
    ["import { setTimeout } from 'node:timers/promises';", 'node:timers/promises'],
  ])('%s', (text, problem) => {
    for (const path of ['src/control-plane/a.ts', 'src/sim/world.ts', 'src/domain/lifecycle/a.ts']) {
      const found = undeterminedCode(files({ [path]: text }));
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(problem);
      expect(found[0]).toContain(`${path}:1: `);
    }
    for (const path of [
      'src/adapters/system/a.ts',
      'src/main/server.ts',
      'src/sim/github/http/server.ts',
      'src/agent/a.test.ts',
      'demo/main.ts',
    ]) {
      expect(undeterminedCode(files({ [path]: text }))).toEqual([]);
    }
  });

  it.each([
    'const a = new Date(5).toISOString(); const b = Date.parse(x); const c = x instanceof Date;',
    'const a = Math.max(1, 2);',
    'function stop(process: Process) { process.kill(); }',
    'const process = start(); if (x) { process.kill(); }',
    'for (const process of all) process.kill();',
    'const { process: vmm, fetch } = ports; vmm.kill(); fetch();',
    'const a = b.process.env; const c = { process: 1, setTimeout() {} };',
    'interface A { process: string; now: Date } let a: typeof process;',
    "import { createHash } from 'node:crypto'; import { join } from 'node:path';",
    "import type { Socket } from 'node:net'; const a = net.isIP;",
    '// Date.now() is not called here\nconst a = "process.env";',
    'try { f(); } catch (process) { g(process); }',
  ])('is not seen in %s', (text) => {
    expect(undeterminedCode(files({ 'src/agent/a.ts': text }))).toEqual([]);
  });

  it('is found under each name once', () => {
    const used = globalsUsed(parse('a.ts', 'export const f = (x: Set<string>, y = z) => { w(x, y); };'));
    expect(used.map(({ name }) => name)).toEqual(['z', 'w']);
  });

  it.each(['sql`select now()`', "'update a set b = CURRENT_TIMESTAMP'", '"default gen_random_uuid()"'])(
    'in SQL: %s',
    (text) => {
      expect(clocksInSql(files({ 'src/adapters/store-postgres/a.ts': `const a = ${text};` }))).toHaveLength(
        1,
      );
      expect(clocksInSql(files({ 'src/adapters/store-postgres/a.ts': `// ${text}` }))).toEqual([]);
    },
  );
});

describe('planted untidiness', () => {
  it('long files and functions', () => {
    const body = 'x();\n'.repeat(90);
    expect(longFiles(files({ 'src/a.ts': 'x();\n'.repeat(401) }))).toEqual([
      'src/a.ts: 401 lines, at most 400',
    ]);
    expect(longFiles(files({ 'src/a.ts': 'x();\n'.repeat(400) }))).toEqual([]);
    expect(longFunctions(files({ 'src/a.ts': `\nconst f = () => {\n${body}};` }))).toEqual([
      'src/a.ts:2: a function of 92 lines, at most 80',
    ]);
    expect(longFunctions(files({ 'src/a.ts': `class A { m() {\n${body}} }` }))).toHaveLength(1);
    expect(
      longFunctions(files({ 'src/a.test.ts': `describe('a', () => {\n${body}\nit.each(y)('b', f); });` })),
    ).toEqual([]);
    expect(longFunctions(files({ 'src/a.test.ts': `it('a', () => {\n${body}});` }))).toHaveLength(1);
  });

  it.each([
    'src/utils.ts',
    'src/vm-helpers.ts',
    'src/types.ts',
    'src/index.ts',
    'src/vm-manager.ts',
    'src/VmRunner.ts',
    'src/vm_runner.ts',
  ])('the name %s', (path) => {
    expect(badNames(files({ [path]: '' }))).toHaveLength(1);
  });

  it.each(['src/vm-runner.ts', 'src/common-name.ts', 'test/e2e/boot.vm.test.ts', 'scripts/run.mjs'])(
    'not the name %s',
    (path) => {
      expect(badNames(files({ [path]: '' }))).toEqual([]);
    },
  );

  // Put together, so that the rule does not find them in this file.
  it.each([
    ['// @ts-', 'ignore'],
    ['// TO', 'DO later'],
    ['it.on', "ly('a', f);"],
    ['describe.sk', "ip('a', f);"],
    ['const a = b as unknown', ' as C;'],
    ['// biome-ign', 'ore lint/style/x: '],
  ])('the leftover %s%s', (before, after) => {
    expect(leftoversInCode(files({ 'src/a.ts': before + after }))).toHaveLength(1);
  });

  it('an error that is swallowed', () => {
    expect(swallowedErrors(files({ 'src/a.ts': 'try { f(); }\ncatch { }' }))).toEqual([
      'src/a.ts:2: swallows an error without saying why',
    ]);
    expect(swallowedErrors(files({ 'src/a.ts': 'try { f(); } catch { /* gone already */ }' }))).toEqual([]);
  });

  it.each([
    ['http://deb.debian', '.org/debian'],
    ['https://registry.npm', 'js.org/x'],
    ['see /wo', 'rk/main/x'],
    ['in /fa', 'rm/y'],
  ])('the private word %s%s', (before, after) => {
    expect(privateWordsIn(files({ 'docs/a.md': before + after }))).toHaveLength(1);
    expect(privateWordsIn(files({ 'docs/a.md': '/home/runner/_work/app and ./work/x' }))).toEqual([]);
  });
});

describe('planted faults in the documentation', () => {
  it('a link to nowhere, or to no heading', () => {
    const planted = documents({
      'docs/a.md':
        '# One two\n[x](b.md) [x](../README.md#Try) [x](#one-two) [x](#three) [x](https://x.org/y.md)',
      'README.md': '# Try: it\n[docs](docs/) [t](#try-it)\n```\n[no](link.md)\n```',
    });
    expect(brokenLinks(planted)).toEqual([
      'docs/a.md: the link b.md leads nowhere',
      'docs/a.md: the link ../README.md#Try names no heading',
      'docs/a.md: the link #three names no heading',
    ]);
  });

  it('a path that does not exist, in a page and in a comment', () => {
    const planted = documents({
      'README.md':
        'See `src/a.ts`, src/b.ts, `src/*.ts`, `src/<name>.ts`, `docs/adr/`, NOTES.md, src/Other.cs and README.md.',
      'src/a.ts': '// as docs/c.md says\nconst path = "src/d.ts";',
    });
    expect(brokenPaths(planted)).toEqual([
      'README.md: src/b.ts does not exist',
      'README.md: docs/adr does not exist',
      'README.md: NOTES.md does not exist',
      'src/a.ts: docs/c.md does not exist',
    ]);
  });

  it('a command, a generated block, a page that nobody knows', () => {
    const planted = documents({
      'docs/README.md': '[a](a.md) `npm run demo` `npm run fly`',
      'docs/a.md': '<!-- generated:a --><!-- generated:b -->',
      'docs/b.md': '',
      'docs/adr/README.md': '[1](0001-a.md)',
      'docs/adr/0001-a.md': '',
      'docs/adr/0002-b.md': '',
    });
    expect(unknownCommands(planted)).toEqual(['docs/README.md: there is no npm run fly']);
    expect(unknownBlocks(planted)).toEqual(['docs/a.md: nothing generates the block b']);
    expect(unlistedPages(planted)).toEqual([
      'docs/b.md: not listed in docs/README.md',
      'docs/adr/0002-b.md: not listed in docs/adr/README.md',
    ]);
  });
});
