// Packages come from where the host itself gets them, never from an address of ours: a company's mirror and its keys are
// configured once, on the host. Of the host's sources only the distribution's own are taken, since a third party's
// package would make the image depend on who built it.

export interface AptSourceFile {
  path: string;
  content: string;
}

/**
 * The distribution's entries, as one text in apt's deb822 form (apt, sources.list(5)). `codename` is the release, such as
 * `bookworm`. Undefined when the host has none for it.
 */
export function distributionSources(files: readonly AptSourceFile[], codename: string): string | undefined {
  const stanzas = files.flatMap(({ path, content }) =>
    path.endsWith('.sources') ? deb822Stanzas(content) : content.split('\n').flatMap(fromOneLine),
  );
  const own = stanzas.flatMap((stanza) => {
    const suites = words(stanza.get('suites')).filter((suite) => isOf(suite, codename));
    const binary = words(stanza.get('types')).includes('deb');
    const enabled = stanza.get('enabled')?.toLowerCase() !== 'no';
    if (suites.length === 0 || !binary || !enabled) return [];
    return [new Map([...stanza, ['types', 'deb'], ['suites', suites.join(' ')]])];
  });
  return own.length === 0 ? undefined : own.map(textOf).join('\n');
}

/** `bookworm`, `bookworm-updates` and `bookworm/updates` are the distribution's; `cloud-sdk-bookworm` is not. */
function isOf(suite: string, codename: string): boolean {
  return suite === codename || suite.startsWith(`${codename}-`) || suite.startsWith(`${codename}/`);
}

type Stanza = Map<string, string>;

function deb822Stanzas(content: string): Stanza[] {
  const withoutRemarks = content
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return withoutRemarks.split(/\n\s*\n/).flatMap((block) => {
    const stanza: Stanza = new Map();
    let key = '';
    for (const line of block.split('\n')) {
      const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (field?.[1] !== undefined) {
        key = field[1].toLowerCase();
        stanza.set(key, field[2] ?? '');
      } else if (/^\s+\S/.test(line) && key !== '') {
        // A key can stand in the source itself, over several lines.
        stanza.set(key, `${stanza.get(key) ?? ''}\n${line}`);
      }
    }
    return stanza.size > 0 ? [stanza] : [];
  });
}

/** `deb [signed-by=/k.gpg arch=amd64] URI SUITE COMPONENT...` */
function fromOneLine(line: string): Stanza[] {
  const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
  if (match === null) return [];
  const [, options = '', uri = '', suite = '', components = ''] = match;
  const stanza: Stanza = new Map([
    ['types', 'deb'],
    ['uris', uri],
    ['suites', suite],
  ]);
  if (components.trim() !== '') stanza.set('components', components.trim());
  for (const option of words(options)) {
    const [name = '', value = ''] = option.split('=');
    const key = { 'signed-by': 'signed-by', trusted: 'trusted', arch: 'architectures' }[name];
    if (key !== undefined) stanza.set(key, value.replaceAll(',', ' '));
  }
  return [stanza];
}

function textOf(stanza: Stanza): string {
  return [...stanza].map(([key, value]) => `${key}: ${value}\n`).join('');
}

function words(text = ''): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
