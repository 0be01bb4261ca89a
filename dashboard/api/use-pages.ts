// A list that comes page by page, as one scrolls. The pages that are here are asked for again together, so whoever has
// scrolled far sees news less often.

import { type InfiniteData, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { AnswerOf, CallOf, EndpointName } from '../../src/wire/api/endpoints.ts';
import { call } from './call.ts';
import { pollEvery } from './live.ts';
import { isLong } from './long-list.ts';

type Cursor = string | number | undefined;

/** @param next says where the page after an answer begins; `cursor` is the parameter that takes it. */
export function usePages<N extends EndpointName>(
  name: N,
  query: CallOf<N>['query'],
  next: (answer: AnswerOf<N>) => Cursor,
  options: { cursor?: string; everyMs?: number } = {},
) {
  const { cursor = 'after', everyMs = 60_000 } = options;
  const result = useInfiniteQuery<AnswerOf<N>, Error, InfiniteData<AnswerOf<N>>, readonly unknown[], Cursor>({
    queryKey: [name, query, 'pages'],
    queryFn: ({ pageParam, signal }) => {
      const from = pageParam === undefined ? {} : { [cursor]: pageParam };
      return call(name, { query: { ...(query as object), ...from } } as CallOf<N>, signal);
    },
    initialPageParam: undefined,
    getNextPageParam: next,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      isLong(state.data) ? everyMs * state.data.pages.length : pollEvery(everyMs),
  });
  const { hasNextPage, isFetching, fetchNextPage } = result;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  return { ...result, more };
}
