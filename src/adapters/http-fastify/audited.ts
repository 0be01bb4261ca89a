import type { FastifyRequest } from 'fastify';
import { nobody } from '../../domain/access/caller.ts';
import type { ApiAnswer } from '../../wire/api/endpoint.ts';
import type { GateDeps } from './gate.ts';

/** Runs a call that changes something: written before, and how it went after. What nobody in particular does is not. */
export async function audited<T>(
  { audit }: GateDeps,
  request: FastifyRequest,
  action: string,
  call: () => Promise<ApiAnswer<T>>,
): Promise<ApiAnswer<T>> {
  const { caller = nobody, ip, params, query, body } = request;
  if (caller.kind === 'nobody') return call();
  const line = await audit.begin({ by: caller.name, from: ip, action, asked: { params, query, body } });
  let status = 500;
  try {
    const answer = await call();
    status = answer.ok ? 200 : answer.problem.status;
    return answer;
  } finally {
    await audit.finish(line, status);
  }
}
