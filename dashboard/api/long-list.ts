import type { InfiniteData } from '@tanstack/react-query';

/** What comes with so many pages is not asked for anew with each piece of news, but now and then. */
const fewPages = 3;

export const isLong = (data: unknown): data is InfiniteData<unknown> =>
  typeof data === 'object' &&
  data !== null &&
  'pages' in data &&
  (data as InfiniteData<unknown>).pages.length > fewPages;
