// Debian's Prometheus and its promtool.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

const programs = ['/usr/bin/prometheus', '/usr/bin/promtool'];

/** Undefined when both are here; otherwise what a skipped test says. */
export const whyNoPrometheus = programs.every(existsSync)
  ? undefined
  : 'Prometheus is not installed: apt-get install prometheus';

/** Runs promtool; gives what it printed. @throws with that when it found something wrong. */
export async function promtool(args: readonly string[], input = ''): Promise<string> {
  const child = spawn('/usr/bin/promtool', args, { stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`promtool ${args.join(' ')} says:\n${said}`);
  return said;
}

/** The names of all metrics in a scrape, as a query would say them. */
export function namesIn(scrape: string): ReadonlySet<string> {
  const lines = scrape.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Set(lines.map((line) => /^[a-zA-Z_:][\w:]*/.exec(line)?.[0] ?? ''));
}

/** The value of one series, by its name with labels as it is printed. */
export function seriesValue(scrape: string, series: string): number | undefined {
  const line = scrape.split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
