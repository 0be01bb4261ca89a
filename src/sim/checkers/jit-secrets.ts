// What a JIT configuration is made of: base64 of a JSON object of files, each again base64 of JSON. What proves who the
// runner is, is its client id; so wherever that can be read, in the clear or through any layers of base64, the secret can.

export interface JitParts {
  runnerName: string;
  clientId: string;
}

export function partsOf(jitConfig: string): JitParts {
  const inner = decoded(jitConfig);
  const file = (name: string): string => decoded(new RegExp(`"${name}":"([^"]+)"`).exec(inner)?.[1] ?? '');
  return {
    runnerName: /"AgentName":"([^"]+)"/.exec(file('.runner'))?.[1] ?? '',
    clientId: /"clientId":"([^"]+)"/.exec(file('.credentials'))?.[1] ?? '',
  };
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** Too short ones cannot hold a client id. */
const base64Run = /[A-Za-z0-9+/_-]{48,}/g;
const printable = /^[\x20-\x7e\s]{8}/;

/**
 * All that looks like a client id in a text.
 * @param layers of base64 that are looked through. A configuration as GitHub gives it has two; anything that wraps it adds one.
 */
export function* clientIdsIn(text: string, layers = 3): Iterable<string> {
  for (const [found] of text.matchAll(guid)) yield found;
  if (layers === 0) return;
  for (const [run] of text.matchAll(base64Run)) {
    const inner = decoded(run);
    if (printable.test(inner)) yield* clientIdsIn(inner, layers - 1);
  }
}
