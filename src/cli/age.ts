const steps: readonly [unit: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

/** How long before `now` a time was, by the control plane's clock: `12 s`, `3 min`, `2 d`. */
export function age(since: string, now: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(now) - Date.parse(since)) / 1000));
  const [unit, length] = steps.find(([, least]) => seconds >= least) ?? ['s', 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}

/** The time of day with milliseconds, UTC, as in our logs. */
export const timeOfDay = (at: string): string => at.slice(11, 23);
