// Deliveries of 20 kB as GitHub sends them: each with a body, a GUID and a signature of its own.

import { createHmac, randomUUID } from 'node:crypto';

const payloadBytes = 20_000;

/** The body with a place for a number of twelve digits, so that no two bodies are the same. */
function template(): { bytes: Buffer; at: number } {
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
    repository: { full_name: 'acme/app', description: '' },
  };
  // GitHub's payloads are mostly addresses of the API that differ in their last part.
  const links: string[] = [];
  const size = (): number => Buffer.byteLength(JSON.stringify({ ...job, links }));
  while (size() < payloadBytes - 100) {
    links.push(`https://api.github.com/repos/acme/app/things/${randomUUID()}{/number}`);
  }
  const bytes = Buffer.from(JSON.stringify({ ...job, links }).padEnd(payloadBytes, ' '));
  return { bytes, at: bytes.indexOf(marker) };
}

export interface Payload {
  /** Where in the body the number of the delivery stands, and how it is written. */
  readonly number: { at: number; text(n: number): string };
  /** The bytes of delivery `n`. The buffer is used again for the next one: it must be copied or sent at once. */
  body(n: number): Buffer;
}

export function payload(): Payload {
  const { bytes, at } = template();
  const text = (n: number): string => String(n).padStart(12, '0');
  return {
    number: { at, text },
    body(n) {
      bytes.write(text(n), at, 'latin1');
      return bytes;
    },
  };
}

export interface Envelope {
  guid: string;
  signature: string;
}

/** GUID and signature of so many deliveries, made before they are sent: signing is GitHub's work. */
export function envelopes(secret: string, { body }: Payload, amount: number): Envelope[] {
  return Array.from({ length: amount }, (_, n) => ({
    guid: randomUUID(),
    signature: `sha256=${createHmac('sha256', secret).update(body(n)).digest('hex')}`,
  }));
}
