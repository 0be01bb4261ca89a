// Which rows changed, as text for NOTIFY, whose payload is at most 8,000 bytes.

import type { Change } from '../../ports/store.ts';

const perPayload = 50;
const mostBytes = 7_000;
/** Whoever hears of more at once reads everything anew, which costs less. */
const mostChanges = 500;

/** An incident is told once for each account. */
export const changeKey = (change: Change): string =>
  change.kind === 'unknown'
    ? 'unknown'
    : change.kind === 'incident'
      ? `incident ${change.id} ${change.owner ?? ''}`
      : `${change.kind} ${change.id}`;

export function changePayloads(changes: readonly Change[]): string[] {
  if (changes.length > mostChanges) return [unknownChange];
  const payloads: string[] = [];
  for (let i = 0; i < changes.length; i += perPayload) {
    const text = JSON.stringify(changes.slice(i, i + perPayload));
    payloads.push(Buffer.byteLength(text) > mostBytes ? unknownChange : text);
  }
  return payloads;
}

const unknownChange = JSON.stringify([{ kind: 'unknown' } satisfies Change]);

/** What a process of another version says may not be understood here. */
export function changesIn(payload: string): readonly Change[] {
  try {
    const parsed: unknown = JSON.parse(payload);
    if (Array.isArray(parsed) && parsed.every(isChange)) return parsed;
  } catch {
    // Not JSON: told below.
  }
  return [{ kind: 'unknown' }];
}

const isChange = (value: unknown): value is Change => {
  const { kind, id, owner }: { kind?: unknown; id?: unknown; owner?: unknown } = Object(value);
  if (kind === 'unknown') return true;
  if (typeof id !== 'string') return false;
  if (kind === 'host') return true;
  return isOwned(kind)
    ? typeof owner === 'string'
    : isNote(kind) && (owner === undefined || typeof owner === 'string');
};
const isNote = (kind: unknown): boolean => kind === 'repair' || kind === 'incident';
const isOwned = (kind: unknown): boolean => kind === 'job' || kind === 'vm';
