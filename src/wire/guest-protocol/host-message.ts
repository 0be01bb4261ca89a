// What the guest takes from the host, read by hand: in software emulation loading a schema library would cost every boot
// a good part of a second. A test holds this against the schema in `messages.ts`.

import type { HostMessage } from './messages.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Reads a message of the host; undefined when it is none, or is out of bounds. */
export function parseHostMessage(value: Fields): HostMessage | undefined {
  switch (value.type) {
    case 'configure':
      return parseConfigure(value);
    case 'run':
      return isText(value.jitConfig, 64 * 1024) ? { type: 'run', jitConfig: value.jitConfig } : undefined;
    case 'ask-worker':
      return isText(value.question, 64) ? { type: 'ask-worker', question: value.question } : undefined;
    case 'ask-reach':
      return parseAskReach(value);
    case 'shutdown':
      return isInteger(value.graceMs, 0, 600_000) ? { type: 'shutdown', graceMs: value.graceMs } : undefined;
    default:
      return undefined;
  }
}

function parseConfigure(value: Fields): HostMessage | undefined {
  const { epochMs, hostname, hosts, environment, idleTimeoutMs, dockerMirrors } = value;
  if (!isInteger(epochMs, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)) return undefined;
  if (!isText(hostname, 63)) return undefined;
  if (!isTexts(hosts, 32, 256) || !isTexts(dockerMirrors, 4, 256)) return undefined;
  if (!isEnvironment(environment)) return undefined;
  if (!isInteger(idleTimeoutMs, 1, Number.MAX_SAFE_INTEGER)) return undefined;
  return { type: 'configure', epochMs, hostname, hosts, environment, idleTimeoutMs, dockerMirrors };
}

function parseAskReach({ question, places }: Fields): HostMessage | undefined {
  if (!isText(question, 64) || !Array.isArray(places) || places.length > 8) return undefined;
  const read = places.flatMap((place: unknown) => {
    if (typeof place !== 'object' || place === null || !('host' in place) || !('port' in place)) return [];
    const { host, port } = place;
    return isText(host, 253) && isInteger(port, 1, 65_535) ? [{ host, port }] : [];
  });
  return read.length === places.length ? { type: 'ask-reach', question, places: read } : undefined;
}

function isText(value: unknown, max: number): value is string {
  return typeof value === 'string' && value.length <= max;
}

function isTexts(value: unknown, maxCount: number, maxLength: number): value is string[] {
  return Array.isArray(value) && value.length <= maxCount && value.every((one) => isText(one, maxLength));
}

function isInteger(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
}

function isEnvironment(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, text]) => isText(name, 128) && isText(text, 4096));
}
