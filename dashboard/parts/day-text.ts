const format = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** `31 Jan`, of UTC as the insights are. @param seconds since 1970 */
export const dayText = (seconds: number): string => format.format(new Date(seconds * 1000));

const daySeconds = 86_400;

/** Where a point that stands for the day belongs: at the day's own mark. @param seconds since 1970 */
export const startOfDay = (seconds: number): number => Math.floor(seconds / daySeconds) * daySeconds;
