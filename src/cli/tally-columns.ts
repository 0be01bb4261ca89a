import type { ApiTally } from '../wire/api/insights.ts';

/** A tally as columns, and what stands above them. */
export const tallyHead = ['builds', 'minutes', 'success', 'failed', 'cancelled', 'average', 'longest'];

export const tallyColumns = (tally: ApiTally): string[] => [
  String(tally.builds),
  tally.minutes.toFixed(1),
  String(tally.success),
  String(tally.failure),
  String(tally.cancelled),
  lasting(tally.averageMs),
  lasting(tally.longestMs),
];

/** `45 s`, `3 min 5 s`, `2 h 10 min` */
export function lasting(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `+12 %` of what was before; nothing where nothing was. */
export function growth(now: number, before: number): string {
  if (before === 0) return now === 0 ? '' : 'new';
  const percent = Math.round((now / before - 1) * 100);
  return `${percent > 0 ? '+' : ''}${percent} %`;
}
