// The direction of imports, as `architecture/layers.ts` draws it. Every rule must also find a violation planted for it.

import { describe, expect, it } from 'vitest';
import {
  acyclic,
  direction,
  noBarrels,
  noUnusedPermission,
  type Rule,
  resolvable,
  smallAgent,
} from './architecture/rules.ts';
import { readProject } from './support/source-tree.ts';
import { importsOf } from './support/syntax.ts';

const project = readProject();

function find(rule: Rule, files: Record<string, string>): string[] {
  return rule(new Map(Object.entries(files)));
}

describe('the project', () => {
  const rules: Record<string, Rule> = {
    'imports only along the arrows': direction,
    'imports only files that are there': resolvable,
    'has no import cycles': acyclic,
    'has no barrel files': noBarrels,
    'keeps the agent small': smallAgent,
    'grants nothing that is not used': noUnusedPermission,
  };
  it.each(Object.entries(rules))('%s', (_name, rule) => {
    expect(rule(project)).toEqual([]);
  });
});

describe('imports', () => {
  it('are seen in every form that TypeScript has for them', () => {
    const text = `
      import { a } from './a.ts';
      import type { B } from './b.ts';
      import './c.ts';
      export { d } from './d.ts';
      export * from './e.ts';
      const f = await import('./f.ts');
      let g: import('./g.ts').G;
      const h = new URL('./h.ts', import.meta.url);
      import { type I } from '../i.ts';
      const text = "import './not-this.ts'"; // nor import './this.ts'
      new URL('./', base);
      const j = import.meta.resolve('package-j');`;
    const targets = importsOf('src/x/y.ts', text).map((found) => `${found.form} ${found.target}`);
    expect(targets.sort()).toEqual([
      'dynamic src/x/f.ts',
      'import src/i.ts',
      'import src/x/a.ts',
      'import src/x/c.ts',
      're-export src/x/d.ts',
      're-export src/x/e.ts',
      'type src/x/b.ts',
      'type src/x/g.ts',
      'url package-j',
      'url src/x/h.ts',
    ]);
  });

  it('of a file that does not parse are an error with its name', () => {
    expect(() => importsOf('src/broken.ts', 'import {')).toThrow('cannot parse src/broken.ts');
  });
});

describe('a planted import against the arrows', () => {
  const cases: [string, string, string][] = [
    ['src/domain/a.ts', '../ports/clock.ts', 'domain may not import ports'],
    ['src/domain/a.ts', 'node:path', "domain may not import Node's modules"],
    ['src/domain/a.ts', 'zod', 'domain may not use the package zod'],
    ['src/ports/a.ts', '../wire/m.ts', 'ports may not import wire'],
    ['src/ports/a.ts', 'zod', 'ports may not use the package zod'],
    ['src/wire/a.ts', '../ports/clock.ts', 'wire may not import ports'],
    ['src/wire/a.ts', 'ws', 'wire may not use the package ws'],
    ['src/adapters/github/a.ts', '../system/clock.ts', 'adapters/github may not import adapters/system'],
    ['src/adapters/github/a.ts', 'pg', 'adapters/github may not use the package pg'],
    ['src/adapters/unheard-of/a.ts', 'left-pad', 'adapters/unheard-of may not use the package left-pad'],
    [
      'src/adapters/github/a.ts',
      '../../control-plane/ingest.ts',
      'adapters/github may not import control-plane',
    ],
    ['src/control-plane/a.ts', '../agent/reconciler.ts', 'control-plane may not import agent'],
    [
      'src/control-plane/a.ts',
      '../adapters/github/client.ts',
      'control-plane may not import adapters/github',
    ],
    ['src/control-plane/a.ts', 'fastify', 'control-plane may not use the package fastify'],
    ['src/agent/a.ts', '../image/recipe.ts', 'agent may not import image'],
    ['src/agent/a.ts', '@octokit/core', 'agent may not use the package @octokit/core'],
    ['src/image/a.ts', '../cli/jobs.ts', 'image may not import cli'],
    ['src/cli/a.ts', '../control-plane/ingest.ts', 'cli may not import control-plane'],
    ['src/cli/a.ts', '../main/server.ts', 'cli may not import main'],
    ['src/control-plane/a.ts', '../sim/world.ts', 'control-plane may not import sim'],
    ['src/main/a.ts', '../sim/world.ts', 'main may not import sim'],
    ['src/main/a.ts', '../../demo/main.ts', 'main may not import demo'],
    ['src/main/a.ts', '../../bench/main.ts', 'main may not import bench'],
    ['src/main/a.ts', '../../scripts/build.ts', 'main may not import scripts'],
    ['src/agent/a.ts', '../../test/support/x.ts', 'a test is imported by code that is none'],
    ['src/agent/a.ts', './b.test.ts', 'a test is imported by code that is none'],
    ['src/sim/a.ts', '../adapters/store-postgres/store.ts', 'sim may not import adapters/store-postgres'],
    ['guest/agent/a.ts', '../../src/agent/reconciler.ts', 'guest may not import agent'],
    ['guest/agent/a.ts', '../../src/ports/clock.ts', 'guest may not import ports'],
    ['dashboard/src/a.ts', '../../src/domain/ids.ts', 'dashboard may not import domain'],
    ['src/agent/a.ts', '../../package.json', 'agent may not import this'],
  ];
  it.each(cases)('%s → %s', (path, specifier, rule) => {
    for (const text of [`import { x } from '${specifier}';`, `import type { X } from '${specifier}';`]) {
      const found = find(direction, { [path]: text });
      expect(found).toHaveLength(1);
      expect(found[0]).toContain(rule);
      expect(found[0]).toMatch(/^\S+ → \S+: /);
    }
  });

  it('leaves alone what the arrows allow', () => {
    const files = {
      'src/domain/a.ts': `import { x } from './lifecycle/vm.ts';`,
      'src/wire/a.ts': `import { z } from 'zod'; import type { X } from '../domain/ids.ts';`,
      'src/adapters/github/a.ts': `import { Octokit } from '@octokit/core'; import '../../ports/github.ts';`,
      'src/main/server.ts': `import '../adapters/github/client.ts'; import '../control-plane/ingest.ts';`,
      'src/sim/world.ts': `import '../adapters/store-memory/store.ts'; import '../agent/reconciler.ts';`,
      'src/agent/a.test.ts': `import { it } from 'vitest'; import '../sim/world.ts';`,
      'demo/main.ts': `import '../src/main/server.ts'; import '../src/sim/world.ts';`,
    };
    expect(find(direction, files)).toEqual([]);
  });
});

describe('other planted violations', () => {
  it('a path that leads nowhere, or lacks its ending', () => {
    const files = { 'src/domain/a.ts': `import './b'; import './c.ts';`, 'src/domain/b.ts': '' };
    expect(find(resolvable, files)).toEqual([
      'src/domain/a.ts → src/domain/b: no such file',
      'src/domain/a.ts → src/domain/c.ts: no such file',
    ]);
  });

  it('a cycle, also one through types', () => {
    const files = {
      'src/a.ts': `import { b } from './b.ts';`,
      'src/b.ts': `import type { C } from './c.ts';`,
      'src/c.ts': `export { a } from './a.ts'; export const c = 1;`,
      'src/d.ts': `import { a } from './a.ts';`,
    };
    expect(find(acyclic, files)).toEqual(['src/a.ts → src/b.ts → src/c.ts → src/a.ts: cycle']);
  });

  it('a barrel', () => {
    const files = {
      'src/index.ts': `export { a } from './a.ts';`,
      'src/again.ts': `import { a } from './a.ts'; export { a };`,
      'src/star.ts': `export * from './a.ts'; export const b = 1;`,
      'src/fine.ts': `import { a } from './a.ts'; export const b = a; export { a };`,
    };
    expect(find(noBarrels, files)).toEqual([
      'src/index.ts: only passes on what others define (barrel)',
      'src/again.ts: only passes on what others define (barrel)',
      'src/star.ts: exports everything of another file',
    ]);
  });

  it('a package that reaches the agent through an adapter', () => {
    const files = {
      'src/main/agent.ts': `await import('../adapters/system/clock.ts');`,
      'src/main/server.ts': `import '../adapters/store-postgres/store.ts';`,
      'src/adapters/system/clock.ts': `import { Pool } from 'pg';`,
      'src/adapters/store-postgres/store.ts': `import { Pool } from 'pg';`,
    };
    expect(find(smallAgent, files)).toEqual(['src/adapters/system/clock.ts → pg: the agent would carry pg']);
  });

  it('a permission that is not used', () => {
    const files = {
      'src/adapters/github/client.ts': `import { join } from 'node:path';`,
      'src/image/recipe.ts': `import { x } from '../ports/clock.ts'; import { y } from '../wire/m.ts';`,
      'src/image/recipe.test.ts': `import { x } from '../domain/ids.ts';`,
    };
    expect(find(noUnusedPermission, files)).toEqual([
      'src/adapters/github/ → @octokit/: allowed, but not used',
      'src/image/ → domain: allowed, but not used',
    ]);
    const cli = { 'src/cli/jobs.ts': `import { Command } from 'commander'; import '../wire/m.ts';` };
    expect(find(noUnusedPermission, cli)).toContain('src/cli/ → cli-table3: allowed, but not used');
  });
});
