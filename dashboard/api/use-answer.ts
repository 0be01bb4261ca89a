// What a page shows, kept fresh: each answer is one entry of the cache, asked for again while the page is looked at.

import { keepPreviousData, QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { AnswerOf, CallOf, EndpointName } from '../../src/wire/api/endpoints.ts';
import { call, RefusedError } from './call.ts';
import { pollEvery } from './live.ts';

export const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      // What is refused stays refused; only a control plane that is away may come back.
      retry: (failures, error) => isAway(error) && failures < 3,
      placeholderData: keepPreviousData,
    },
  },
});

const isAway = (error: unknown): boolean =>
  error instanceof RefusedError && (error.problem.status === 0 || error.problem.status >= 500);

export const answerKey = <N extends EndpointName>(name: N, request: CallOf<N>): readonly unknown[] => [
  name,
  request,
];

export const useAnswer = <N extends EndpointName>(
  name: N,
  request: CallOf<N> = {},
  options: { everyMs?: number; enabled?: boolean } = {},
): UseQueryResult<AnswerOf<N>> =>
  useQuery<AnswerOf<N>>({
    queryKey: answerKey(name, request),
    queryFn: ({ signal }) => call(name, request, signal),
    refetchInterval: () => (options.everyMs === undefined ? false : pollEvery(options.everyMs)),
    ...(options.enabled === undefined ? {} : { enabled: options.enabled }),
  });
