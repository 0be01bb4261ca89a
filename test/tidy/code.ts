// What keeps the code readable: small files and functions, names that say what is inside, no leftovers.

import { basename } from 'node:path';
import { isTest, type SourceTree, typescriptFiles } from '../support/source-tree.ts';
import { isNode, lineOf, listOf, type Node, parse, walk } from '../support/syntax.ts';

const longestFile = 400;
const longestFunction = 80;

function codeFiles(tree: SourceTree): [string, string][] {
  return [...tree].filter(
    ([path, text]) => /\.(ts|tsx|mts|mjs|js|cjs|sh)$/.test(path) || text.startsWith('#!'),
  );
}

export function longFiles(tree: SourceTree): string[] {
  return codeFiles(tree).flatMap(([path, text]) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > longestFile ? [`${path}: ${lines} lines, at most ${longestFile}`] : [];
  });
}

/** What tells a story by `describe` and `it` is a chapter, not a function; what stands inside is measured. */
export function longFunctions(tree: SourceTree): string[] {
  return codeFiles(tree)
    .filter(([path]) => /\.(ts|tsx|mts|mjs|js|cjs)$/.test(path))
    .flatMap(([path, text]) => {
      const found: string[] = [];
      walk(parse(path, text), (node) => {
        if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
        const lines = text.slice(node.start, node.end).split('\n').length;
        if (lines <= longestFunction || isChapter(node)) return;
        const first = lineOf(text, node.start);
        found.push(`${path}:${first}: a function of ${lines} lines, at most ${longestFunction}`);
      });
      return found;
    });
}

export function badNames(tree: SourceTree): string[] {
  return codeFiles(tree).flatMap(([path]) => {
    const name = basename(path);
    const stem = name.replace(/(\.test|\.vm|\.d)*\.\w+$/, '');
    if (/(^|-)(utils?|helpers?|common|misc|types|manager)$/.test(stem) || stem === 'index') {
      return [`${path}: name the file for what it holds`];
    }
    const isKebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/.test(name);
    return isKebab ? [] : [`${path}: write file names in kebab-case`];
  });
}

const leftovers: readonly [RegExp, string, 'everywhere' | 'not in tests'][] = [
  [/@ts-(ignore|nocheck|expect-error)/, 'silences the compiler', 'everywhere'],
  [
    /(\/\/|^\s*\/?\*).*\b(TODO|FIXME|HACK)\b/,
    'leaves work in a comment: file an issue, or do it',
    'everywhere',
  ],
  [/\b(it|test|describe)(\.\w+)?\.only\b/, 'runs only one test', 'everywhere'],
  [
    /\b(it|test|describe)\.(skip|todo)\(/,
    "skips a test without a reason: skipIf, or context.skip('why')",
    'everywhere',
  ],
  [/\bas unknown as\b/, 'forces a type on a value', 'not in tests'],
  [/biome-ignore [\w/]+:\s*(\S{0,3}\s*)$/, 'silences the linter without a reason', 'everywhere'],
];

export function leftoversInCode(tree: SourceTree): string[] {
  return codeFiles(tree).flatMap(([path, text]) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        leftovers
          .filter(([pattern, , where]) => pattern.test(line) && (where === 'everywhere' || !isTest(path)))
          .map(([, problem]) => `${path}:${index + 1}: ${problem}`),
      ),
  );
}

/** `catch {}` with nothing inside, not even a reason, loses an error for ever. */
export function swallowedErrors(tree: SourceTree): string[] {
  return typescriptFiles(tree).flatMap(([path, text]) => {
    const found: string[] = [];
    walk(parse(path, text), (node) => {
      const body = node.type === 'CatchClause' && isNode(node.body) ? node.body : undefined;
      const isEmpty = body !== undefined && listOf(body.body).length === 0;
      if (isEmpty && text.slice(body.start + 1, body.end - 1).trim() === '') {
        found.push(`${path}:${lineOf(text, node.start)}: swallows an error without saying why`);
      }
    });
    return found;
  });
}

function isChapter({ body }: Node): boolean {
  const statements = isNode(body) ? listOf(body.body) : [];
  return statements.some(({ expression }) => {
    let callee = isNode(expression) && expression.type === 'CallExpression' ? expression.callee : undefined;
    // describe.skipIf(x)('…', …) and it.each(x)('…', …)
    while (isNode(callee) && callee.type !== 'Identifier')
      callee = callee.callee ?? callee.object ?? callee.tag;
    return isNode(callee) && /^(describe|it|test)$/.test(String(callee.name));
  });
}
