// Deliveries of 20 kB as GitHub sends them: each with a body, a GUID and a signature of its own.

import { createHmac, randomUUID } from 'node:crypto';

const payloadBytes = 20_000;

/** The body with a place for a number of twelve digits, so that no two bodies are the same. */
function template(repository: number): { bytes: Buffer; at: number } {
  const marker = '000000000000';
  const job = {
    action: 'queued',
    workflow_job: {
      id: `job-${marker}`,
      run_id: 29679449,
      workflow_name: 'ci',
      head_branch: 'main',
      status: 'queued',
      labels: ['bellows-2cpu-4gb'],
      runner_name: null,
    },
    organization: { login: 'acme', id: 1 },
    installation: { id: 7 },
    repository: { full_name: `acme/app-${repository}`, description: '' },
  };
  // GitHub's payloads are mostly addresses of the API that differ in their last part.
  const links: string[] = [];
  const size = (): number => Buffer.byteLength(JSON.stringify({ ...job, links }));
  while (size() < payloadBytes - 100) {
    links.push(`https://api.github.com/repos/acme/app-${repository}/things/${randomUUID()}{/number}`);
  }
  const bytes = Buffer.from(JSON.stringify({ ...job, links }).padEnd(payloadBytes, ' '));
  return { bytes, at: bytes.indexOf(marker) };
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
