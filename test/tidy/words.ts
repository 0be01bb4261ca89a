// Words that belong to one workplace: another reader's machine has other mirrors and other folders. They are put
// together here, so that this file does not hold them itself.

import type { SourceTree } from '../support/source-tree.ts';

const privateWords: readonly RegExp[] = [
  new RegExp(`\\b(deb|security|ftp|snapshot)\\.${'debian'}\\.org`),
  new RegExp(`\\b(archive|ports|security)\\.${'ubuntu'}\\.com`),
  new RegExp(`registry\\.${'npmjs'}\\.org`),
  new RegExp(`(?<![\\w.-])/${'work'}/`),
  new RegExp(`(?<![\\w.-])/${'farm'}/`),
  new RegExp(`\\b${'shared'}/(reference|specs|hooks)\\b`),
];

export function privateWordsIn(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) =>
      privateWords
        .map((word) => word.exec(line)?.[0])
        .filter((found) => found !== undefined)
        .map((found) => `${path}:${index + 1}: names ${found}`),
    ),
  );
}
