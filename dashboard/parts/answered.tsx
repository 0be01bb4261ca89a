// What stands where an answer will be: nothing for a moment, then a word, the refusal, or the answer.

import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { RefusedError } from '../api/call.ts';

export function Answered<T>({
  query,
  children,
}: {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'isPending'>;
  children: (answer: T) => ReactNode;
}) {
  const { data, error } = query;
  return (
    <>
      {error !== null && <Refusal error={error} isOld={data !== undefined} />}
      {data === undefined ? error === null && <p className="muted">Loading…</p> : children(data)}
    </>
  );
}

export function Refusal({ error, isOld = false }: { error: Error; isOld?: boolean }) {
  const title = error instanceof RefusedError ? error.problem.title : 'This page failed';
  return (
    <div className="notice bad" role="alert">
      <strong>{title}.</strong> {error.message}
      {isOld && ' What you see below is from before.'}
    </div>
  );
}
