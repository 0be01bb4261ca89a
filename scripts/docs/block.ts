/**
 * The Markdown text with the inside of its block NAME replaced. Throws when there is no such block, or more than one:
 * a generated text that lands nowhere is a mistake.
 */
export function replaceBlock(markdown: string, name: string, content: string, file: string): string {
  const begin = `<!-- generated:${name} -->`;
  const end = '<!-- /generated -->';
  const [before, rest, ...more] = markdown.split(begin);
  const at = rest?.indexOf(end) ?? -1;
  if (before === undefined || rest === undefined || more.length > 0 || at < 0) {
    throw new Error(`${file}: wants one block ${begin} … ${end}`);
  }
  return `${before}${begin}\n\n${content.trim()}\n\n${rest.slice(at)}`;
}

/** The names of the blocks in a Markdown text. */
export function blockNames(markdown: string): string[] {
  return [...markdown.matchAll(/<!-- generated:([a-z][\w-]*) -->/g)].map(([, name = '']) => name);
}
