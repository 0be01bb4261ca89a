// What the documentation promises is there: links, headings, paths, commands, generated parts, and every page listed.

import { dirname, join } from 'node:path';
import { blockNames } from '../../scripts/docs/block.ts';
import type { SourceTree } from '../support/source-tree.ts';

export interface Project {
  /** The text files. */
  readonly tree: SourceTree;
  /** All files, those without text too. */
  readonly paths: ReadonlySet<string>;
  /** The names of package.json's scripts. */
  readonly scripts: ReadonlySet<string>;
  /** The names of the blocks that can be generated. */
  readonly blocks: ReadonlySet<string>;
}

const folders = 'src|test|docs|scripts|guest|demo|bench|images|deploy|dashboard|\\.ci';
/** A path from the root, as prose and comments write it; not one with a placeholder or a pattern in it. */
const pathInText = new RegExp(
  `(?<![\\w./@-])((?:${folders})/[\\w./-]*\\w)/?(?![\\w*<{…/-])(?!\\.[*<{…])`,
  'g',
);

export function brokenLinks({ tree, paths }: Project): string[] {
  return markdownFiles(tree).flatMap(([path, text]) =>
    [...withoutFences(text).matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g)].flatMap(([, link = '']) => {
      if (/^(https?|mailto):/.test(link)) return [];
      const [file = '', heading] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file).replace(/\/$/, '');
      if (!isThere(paths, target)) return [`${path}: the link ${link} leads nowhere`];
      const page = tree.get(target);
      const isMissing = heading !== undefined && page !== undefined && !headingsOf(page).includes(heading);
      return isMissing ? [`${path}: the link ${link} names no heading`] : [];
    }),
  );
}

/** Also in the comments of the code, where a page that is gone sends the reader nowhere. */
export function brokenPaths({ tree, paths }: Project): string[] {
  const names = new Set([...paths].map((path) => path.split('/').at(-1)));
  const texts = [...markdownFiles(tree), ...commentsOf(tree)];
  return texts.flatMap(([path, text]) => {
    const missing = [...text.matchAll(pathInText)]
      .map(([, found = '']) => found)
      .filter((found) => isOurKind(found) && !isThere(paths, found));
    const pages = [...text.matchAll(/(?<![\w./-])([\w-]+\.md)\b/g)].map(([, page = '']) => page);
    return [...missing, ...pages.filter((page) => !names.has(page))].map(
      (found) => `${path}: ${found} does not exist`,
    );
  });
}

/** A folder, or a file of a kind that we have. Comments also name the sources of others, as `src/Runner.Listener/Runner.cs`. */
function isOurKind(path: string): boolean {
  const ending = /\.(\w+)$/.exec(path.split('/').at(-1) ?? '')?.[1];
  return ending === undefined || /^(tsx?|mjs|sh|md|json|ya?ml|sql|list|service)$/.test(ending);
}

export function unknownCommands({ tree, scripts }: Project): string[] {
  return markdownFiles(tree).flatMap(([path, text]) => {
    const named = [...text.matchAll(/\bnpm run ([a-z][\w:-]*)/g)].map(([, name = '']) => name);
    return named.filter((name) => !scripts.has(name)).map((name) => `${path}: there is no npm run ${name}`);
  });
}

export function unknownBlocks({ tree, blocks }: Project): string[] {
  return markdownFiles(tree).flatMap(([path, text]) => {
    const unknown = blockNames(text).filter((name) => !blocks.has(name));
    return unknown.map((name) => `${path}: nothing generates the block ${name}`);
  });
}

/** A page that no list names is not found by anybody. */
export function unlistedPages({ tree }: Project): string[] {
  return [...tree.keys()].flatMap((path) => {
    const list = /^docs\/adr\/[^/]+\.md$/.test(path) ? 'docs/adr/README.md' : 'docs/README.md';
    const isPage =
      path.startsWith('docs/') && path.endsWith('.md') && path !== 'docs/README.md' && path !== list;
    if (!isPage) return [];
    const link = path.slice(dirname(list).length + 1);
    return tree.get(list)?.includes(`](${link}`) ? [] : [`${path}: not listed in ${list}`];
  });
}

function markdownFiles(tree: SourceTree): [string, string][] {
  return [...tree].filter(([path]) => path.endsWith('.md'));
}

/** The lines that are comments, tests excepted: they plant paths that are not there. */
function commentsOf(tree: SourceTree): [string, string][] {
  return [...tree]
    .filter(
      ([path]) => /\.(ts|tsx|mjs)$/.test(path) && !path.startsWith('test/') && !/\.test\.ts$/.test(path),
    )
    .map(([path, text]) => [
      path,
      text
        .split('\n')
        .filter((line) => /^\s*(\/\/|\/?\*)|\s\/\/ /.test(line))
        .join('\n'),
    ]);
}

function withoutFences(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```/gm, '');
}

function isThere(paths: ReadonlySet<string>, path: string): boolean {
  return path === '.' || paths.has(path) || [...paths].some((existing) => existing.startsWith(`${path}/`));
}

/** As GitHub makes them: lower case, spaces to hyphens, other signs dropped. */
function headingsOf(markdown: string): string[] {
  return [...withoutFences(markdown).matchAll(/^#+ +(.+?) *$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}
