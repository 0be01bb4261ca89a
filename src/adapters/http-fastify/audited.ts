import type { FastifyRequest } from 'fastify';
import { nobody } from '../../domain/access/caller.ts';
import type { ApiAnswer } from '../../wire/api/endpoint.ts';
import type { AnswerOf } from '../../wire/api/endpoints.ts';
import type { GateDeps } from './gate.ts';

/**
 * Runs a call that changes something: written before, and how it went after. What nobody in particular does is not; that somebody
 * has signed in is written when it is known who.
 */
export async function audited<T>(
  { audit }: GateDeps,
  request: FastifyRequest,
  action: string,
  call: () => Promise<ApiAnswer<T>>,
): Promise<ApiAnswer<T>> {
  const { caller = nobody, ip, params, query, body } = request;
  if (caller.kind === 'nobody') {
    const answer = await call();
    const login = action === 'pollDeviceSignIn' && answer.ok ? loginIn(answer.value) : undefined;
    if (login !== undefined) await writeSignIn(audit, login, ip);
    return answer;
  }
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

/** @throws StoreUnavailableError, and then the session must not be handed over. */
export async function writeSignIn(audit: GateDeps['audit'], by: string, from: string): Promise<void> {
  const asked = { params: undefined, query: undefined, body: undefined };
  await audit.finish(await audit.begin({ by, from, action: 'signIn', asked }), 200);
}

const loginIn = (value: unknown): string | undefined => {
  const { login } = { login: undefined, ...(value as Partial<AnswerOf<'pollDeviceSignIn'>>) };
  return login;
};
