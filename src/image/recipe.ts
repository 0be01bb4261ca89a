// What an image is made of, as its author writes it: a folder with a list of packages.

/** What apt takes as "every package whose name is like this" (apt-patterns(7)): begins as only a pattern may. */
export const isPattern = (entry: string): boolean => entry.startsWith('~n');

/**
 * The Debian packages, sorted, each once. A name that is not the same in every Debian is an apt pattern, as `~n^libicu[0-9]+$`.
 * @throws with the line's number when it is no name of a package.
 */
export function parsePackageList(text: string): string[] {
  const names = text.split('\n').flatMap((line, index) => {
    const entry = line.replace(/#.*/, '').trim();
    if (entry === '') return [];
    // Debian policy, 5.6.1: lower case letters, digits, plus, minus, full stop.
    if (!/^([a-z0-9][a-z0-9+.-]+|~n\^[a-z0-9+.[\]-]+\$(\|~n\^[a-z0-9+.[\]-]+\$)*)$/.test(entry))
      throw new Error(
        `line ${index + 1} of the package list is no name of a Debian package: ${JSON.stringify(entry)}`,
      );
    return [entry];
  });
  return [...new Set(names)].sort();
}
