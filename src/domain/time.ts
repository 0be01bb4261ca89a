// Instants and durations, both in whole milliseconds. The domain never asks what time it is: `now` is handed in.

declare const instant: unique symbol;

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly [instant]: true };
/** A length of time in milliseconds. */
export type DurationMs = number;

export const instantOf = (epochMs: number): Instant => epochMs as Instant;
export const after = (start: Instant, duration: DurationMs): Instant => (start + duration) as Instant;
export const between = (start: Instant, end: Instant): DurationMs => end - start;

export const seconds = (n: number): DurationMs => n * 1_000;
export const minutes = (n: number): DurationMs => n * 60_000;
export const hours = (n: number): DurationMs => n * 3_600_000;
export const days = (n: number): DurationMs => n * 86_400_000;

/** The later of two instants, either of which may be missing. */
export const latest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined ? b : b === undefined ? a : a > b ? a : b;

/** An instant as ISO 8601 in UTC, for people and for JSON. */
export const toIso = (at: Instant): string => new Date(at).toISOString();
