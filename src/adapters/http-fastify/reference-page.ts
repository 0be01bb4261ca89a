// The reference of our API as one page, made of its OpenAPI document: no script, nothing from elsewhere, light and dark.

import type { ApiDocument, Operation } from './openapi.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const safe = (text: string): string => text.replace(/[&<>"']/g, (char) => escapes[char] ?? char);
/** Backticks make code. */
const prose = (text: string): string => safe(text).replace(/`([^`]+)`/g, '<code>$1</code>');

interface Row {
  method: string;
  path: string;
  operation: Operation;
}

export function referencePage({ info, paths }: ApiDocument): string {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): Row => ({ method, path, operation })),
  );
  const list = rows.map(({ method, path, operation: { operationId, summary = '' } }) => {
    const link = `<a href="#${safe(operationId)}"><code>${method.toUpperCase()} ${safe(path)}</code></a>`;
    return `<li>${link} ${prose(summary)}</li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(info.title)}: the API</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>The API of ${safe(info.title)}</h1>
<p>${prose(info.description ?? '')} For programs: <a href="openapi.json">openapi.json</a>.</p>
<nav aria-label="Endpoints"><ul>
${list.join('\n')}
</ul></nav>
${rows.map(section).join('\n')}
</main>
</body>
</html>
`;
}

function section({ method, path, operation }: Row): string {
  const { operationId, summary = '', description = '', parameters = [], requestBody, responses } = operation;
  const parts = [
    `<h2><code>${method.toUpperCase()} ${safe(path)}</code></h2>`,
    `<p>${prose(summary)}. ${prose(description)}</p>`,
  ];
  if (parameters.length > 0)
    parts.push(
      tableOf(
        ['parameter', 'in', 'what it takes'],
        parameters.map(({ name, in: where, required, schema }) => [
          `<code>${safe(name)}</code>${required ? ' (needed)' : ''}`,
          safe(where),
          `<code>${safe(typeText(schema))}</code>`,
        ]),
      ),
    );
  const body = requestBody?.content['application/json'];
  if (body !== undefined) parts.push(folded('Body', body));
  for (const [type, content] of Object.entries(responses['200']?.content ?? {}))
    parts.push(folded(`Answer, ${type}`, content));
  const others = Object.entries(responses).filter(([status]) => status !== '200');
  parts.push(
    tableOf(
      ['status', 'means'],
      others.map(([status, { description: text = '' }]) => [safe(status), prose(text)]),
    ),
  );
  return `<section id="${safe(operationId)}">\n${parts.join('\n')}\n</section>`;
}

function folded(title: string, { schema, example }: { schema?: unknown; example?: unknown }): string {
  const shown = example === undefined ? '' : `<p>For example</p>${code(example)}`;
  return `<details><summary>${safe(title)}</summary>${shown}<p>Schema</p>${code(schema)}</details>`;
}

const code = (value: unknown): string =>
  `<pre tabindex="0">${safe(typeof value === 'string' ? value : JSON.stringify(value, undefined, 2))}</pre>`;

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table><thead><tr>${head.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`;

/** A schema in a few words. */
function typeText(schema: unknown): string {
  const { type, enum: words, maximum, default: value }: Record<string, unknown> = Object(schema);
  const parts = [Array.isArray(words) ? words.join(' | ') : String(type ?? 'any')];
  if (maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER) parts.push(`at most ${String(maximum)}`);
  if (value !== undefined) parts.push(`${String(value)} when left out`);
  return parts.join(', ');
}

const style = `
:root { color-scheme: light dark; --ink: #1d2330; --soft: #545d6e; --line: #d5dae3; --ground: #fff; --code: #f2f4f8; --link: #1a56b0 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9f0; --soft: #a3acbd; --line: #363d4b; --ground: #14171d; --code: #1e232c; --link: #8bb8ff }
}
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.05rem; margin: 0 0 .5rem }
a { color: var(--link) } nav ul { padding-left: 1.2rem }
section { border-top: 1px solid var(--line); padding: 1rem 0 }
code, pre { font: .875rem/1.45 ui-monospace, monospace; background: var(--code); border-radius: 4px }
code { padding: .1em .3em; overflow-wrap: anywhere } pre { padding: .75rem; overflow: auto; max-height: 24rem }
h2 code, th code { background: none; padding: 0 }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .9rem }
th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 600 } summary { cursor: pointer; color: var(--link) }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
`;
