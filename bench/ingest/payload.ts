// Deliveries of 20 kB as GitHub sends them: each with a body, a GUID and a signature of its own.

import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';

const payloadBytes = 20_000;

/** Of the events that a control plane hears, this is the one whose bodies are that long. */
export const eventName = 'workflow_run';

interface EventExamples {
  name: string;
  examples: readonly unknown[];
}

/**
 * GitHub's own example as of another repository, with commits of its own, and with a place for a number of twelve digits, so
 * that no two bodies are the same. Filled up with blanks, at most a twentieth.
 */
function template(repository: number): { bytes: Buffer; at: number } {
  const marker = '000000000000';
  const text = longestExample()
    .replaceAll(/"full_name":"[^"]*"/g, `"full_name":"acme/app-${repository}"`)
    .replaceAll(/api\.github\.com\/repos\/[^/"]*\/[^/"]*/g, `api.github.com/repos/acme/app-${repository}`)
    .replaceAll(/\b[0-9a-f]{40}\b/g, () => randomBytes(20).toString('hex'))
    .replace(/"node_id":"[^"]*"/, `"node_id":"${marker}"`);
  const bytes = Buffer.from(text.padEnd(payloadBytes, ' '));
  const at = bytes.indexOf(marker);
  if (bytes.length !== payloadBytes || at < 0) throw new Error('bug: the example is not as it was');
  return { bytes, at };
}

function longestExample(): string {
  const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly EventExamples[];
  const ofEvent = examples.find(({ name }) => name === eventName)?.examples ?? [];
  const texts = ofEvent.map((example) => JSON.stringify(example));
  return texts.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

/** Deliveries come from so many repositories in turns: what is said of one is much like what was said of it before. */
const repositories = 8;

export interface Payload {
  /** Where in the body the number of the delivery stands, and how it is written. */
  readonly number: { at: number; text(n: number): string };
  /** Whose delivery `n` is: bodies of the same are the same but for their number. */
  kind(n: number): number;
  /** The bytes of delivery `n`. The buffer is used again for later ones: it must be copied or sent at once. */
  body(n: number): Buffer;
}

export function payload(): Payload {
  const templates = Array.from({ length: repositories }, (_, n) => template(n));
  const at = templates[0]?.at ?? 0;
  const text = (n: number): string => String(n).padStart(12, '0');
  const kind = (n: number): number => n % repositories;
  return {
    number: { at, text },
    kind,
    body(n) {
      const { bytes = Buffer.alloc(0) } = templates[kind(n)] ?? {};
      bytes.write(text(n), at, 'latin1');
      return bytes;
    },
  };
}

export const guidBytes = 36;
export const signatureBytes = 'sha256='.length + 64;

/** GUIDs and signatures as the text that is sent, one behind the other: so many objects would be looked through while they are sent. */
export interface Envelopes {
  guids: Buffer;
  signatures: Buffer;
}

/** GUID and signature of so many deliveries, made before they are sent: signing is GitHub's work. */
export function envelopes(secret: string, { body }: Payload, amount: number): Envelopes {
  const guids = Buffer.alloc(amount * guidBytes);
  const signatures = Buffer.alloc(amount * signatureBytes);
  for (let n = 0; n < amount; n += 1) {
    const signature = createHmac('sha256', secret).update(body(n)).digest('hex');
    guids.write(randomUUID(), n * guidBytes, 'latin1');
    signatures.write(`sha256=${signature}`, n * signatureBytes, 'latin1');
  }
  return { guids, signatures };
}
