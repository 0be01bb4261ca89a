import { createHash } from 'node:crypto';

/** Of an answer, but for its `now`, which is another each time. Weak, therefore. */
export function entityTag(value: unknown): string {
  const text = JSON.stringify(value, (key, inner: unknown) => (key === 'now' ? undefined : inner));
  return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/** @param asked the header `If-None-Match`. */
export const isKnown = (asked: string | undefined, tag: string): boolean =>
  (asked ?? '').split(',').some((one) => one.trim() === tag || `W/${one.trim()}` === tag);
