// What a CPU profile says of the parts of the product and of the simulation. What a library or Node does counts for the
// nearest of our own files that called it.

/** As V8's inspector gives it; times in µs. */
export interface Profile {
  nodes: readonly ProfileNode[];
  samples?: readonly number[] | undefined;
  timeDeltas?: readonly number[] | undefined;
}

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string };
  children?: readonly number[] | undefined;
}

/** The first that is in the path of a file. */
const folders: readonly (readonly [folder: string, part: string])[] = [
  ['src/sim/github/', 'GitHub simulator'],
  ['src/sim/checkers/', 'checkers'],
  ['src/sim/driver/', 'guests and their protocol'],
  ['src/wire/guest-protocol/', 'guests and their protocol'],
  ['src/sim/swarm/', 'people and faults'],
  ['src/sim/clock.ts', 'clock'],
  ['src/sim/sleepers.ts', 'clock'],
  ['src/sim/', 'world and network'],
  ['src/adapters/store-memory/', 'store'],
  ['src/control-plane/', 'control plane'],
  ['src/domain/', 'control plane'],
  ['src/agent/', 'agent'],
  ['src/wire/', 'messages'],
];

const byFrame: ReadonlyMap<string, string> = new Map([
  ['(garbage collector)', 'garbage'],
  ['(idle)', 'nothing'],
  ['runMicrotasks', 'promises'],
]);

/** The share of each part, largest first; together 1. */
export function partsOf({ nodes, samples = [], timeDeltas = [] }: Profile): Record<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const partOf = (node: ProfileNode | undefined): string => {
    for (let at = node; at !== undefined; at = byId.get(parents.get(at.id) ?? Number.NaN)) {
      const { url, functionName } = at.callFrame;
      const found = folders.find(([folder]) => url.includes(folder))?.[1] ?? byFrame.get(functionName);
      if (found !== undefined) return found;
    }
    return 'Node itself';
  };
  const times = new Map<string, number>();
  let whole = 0;
  for (const [index, sample] of samples.entries()) {
    const part = partOf(byId.get(sample));
    const spent = timeDeltas[index] ?? 0;
    if (part === 'nothing') continue;
    times.set(part, (times.get(part) ?? 0) + spent);
    whole += spent;
  }
  const sorted = [...times].sort(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.map(([part, time]) => [part, Math.round((time / whole) * 1000) / 1000]));
}
