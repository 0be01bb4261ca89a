// Makes a failing seed's options smaller as long as it still fails in the same way: fewer faults first, then fewer machines,
// then less work, then less time.

import { minutes } from '../../domain/time.ts';
import type { FaultName } from './fault-kinds.ts';
import type { SwarmOptions } from './options.ts';
import type { SeedResult } from './run-seed.ts';

export interface Shrunk {
  options: SwarmOptions;
  result: SeedResult;
  /** How many runs it took. */
  tries: number;
}

export async function shrink(
  failing: SwarmOptions,
  first: SeedResult,
  run: (options: SwarmOptions) => Promise<SeedResult>,
  goOn: () => boolean,
): Promise<Shrunk> {
  let best: Shrunk = { options: failing, result: first, tries: 0 };
  for (let isSmaller = true; isSmaller && goOn(); ) {
    isSmaller = false;
    for (const options of smaller(best.options)) {
      if (!goOn()) break;
      const result = await run(options);
      best = { ...best, tries: best.tries + 1 };
      if (!isSame(first, result)) continue;
      best = { options, result, tries: best.tries };
      isSmaller = true;
      break;
    }
  }
  return best;
}

/** The same outcome, found by the same checker: another failure met on the way is another story. */
const isSame = (a: SeedResult, b: SeedResult): boolean =>
  a.outcome === b.outcome && a.findings[0]?.checker === b.findings[0]?.checker;

function* smaller(options: SwarmOptions): Iterable<SwarmOptions> {
  const names = Object.keys(options.faults) as FaultName[];
  const half = Math.floor(names.length / 2);
  if (half > 1) {
    yield { ...options, faults: only(options, names.slice(0, half)) };
    yield { ...options, faults: only(options, names.slice(half)) };
  }
  for (const name of names)
    yield {
      ...options,
      faults: only(
        options,
        names.filter((other) => other !== name),
      ),
    };
  if (options.servers > 1) yield { ...options, servers: 1 };
  if (options.servers > 2) yield { ...options, servers: options.servers - 1 };
  if (options.hosts.length > 1) yield { ...options, hosts: options.hosts.slice(0, 1) };
  for (const host of options.hosts.length > 1 ? options.hosts : [])
    yield { ...options, hosts: options.hosts.filter((other) => other !== host) };
  if (options.organizations > 1) yield { ...options, organizations: 1 };
  if (options.repositories > 1) yield { ...options, repositories: 1 };
  const { alerts, ...untold } = options;
  if (alerts === true) yield untold;
  if (options.words === undefined) yield { ...options, words: 'off' };
  if (options.runs > 1) yield { ...options, runs: Math.floor(options.runs / 2) };
  if (options.width > 1) yield { ...options, width: Math.floor(options.width / 2) };
  if (options.stormMs > minutes(5)) yield { ...options, stormMs: Math.floor(options.stormMs / 2) };
  const [shortest, longest] = options.jobMs;
  if (longest > 4 * shortest) yield { ...options, jobMs: [shortest, Math.floor(longest / 2)] };
}

const only = ({ faults }: SwarmOptions, names: readonly FaultName[]): SwarmOptions['faults'] =>
  Object.fromEntries(names.map((name) => [name, faults[name]]));
