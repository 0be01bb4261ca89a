import type { Caller } from '../../domain/access/caller.ts';
import { toIso } from '../../domain/time.ts';
import { Secret } from '../../ports/secret.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import { csrfTokenOf } from '../access/identify.ts';
import { pollDevice, type SignInDeps } from '../access/sign-in.ts';
import type { RequestDeps } from './deps.ts';

/** Undefined when the control plane has no OAuth client. */
export type SignIn = SignInDeps | undefined;

export async function me(_request: RequestOf<'me'>, caller: Caller): Promise<ApiAnswer<AnswerOf<'me'>>> {
  const { kind, name, reach, mayOperate, credential } = caller;
  if (kind === 'nobody') throw new Error('bug: nobody was let pass');
  return answered({
    kind,
    name,
    accounts: reach === 'all' ? reach : [...reach],
    mayOperate,
    ...(credential?.kind === 'session' && { csrfToken: csrfTokenOf(credential.hash) }),
  });
}

export async function signOut(
  { store, clock }: Pick<RequestDeps, 'store' | 'clock'>,
  { credential }: Caller,
): Promise<ApiAnswer<AnswerOf<'signOut'>>> {
  if (credential === undefined)
    return refused(409, 'Not revocable', 'The admin token is changed in the configuration.');
  await store.transaction(async (tx) => {
    if (credential.kind === 'session') await tx.sessions.remove(credential.hash);
    else await tx.apiTokens.revoke(credential.id, clock.now());
  });
  return answered({ ok: true });
}

export const signInWays = async (signIn: SignIn): Promise<ApiAnswer<AnswerOf<'signInWays'>>> =>
  answered(signIn === undefined ? { device: false } : { browser: '/sign-in', device: true });

export async function startDeviceSignIn(signIn: SignIn): Promise<ApiAnswer<AnswerOf<'startDeviceSignIn'>>> {
  if (signIn === undefined) return notConfigured;
  const { deviceCode, verificationUrl, ...rest } = await signIn.github.startDevice();
  return answered({ ...rest, deviceCode: deviceCode.reveal(), url: verificationUrl });
}

export async function pollDeviceSignIn(
  signIn: SignIn,
  { body }: RequestOf<'pollDeviceSignIn'>,
): Promise<ApiAnswer<AnswerOf<'pollDeviceSignIn'>>> {
  if (signIn === undefined) return notConfigured;
  const outcome = await pollDevice(signIn, new Secret(body.deviceCode));
  if (outcome.kind === 'over') return refused(403, 'Not signed in', outcome.why);
  if (outcome.kind === 'pending') {
    const { intervalSeconds } = outcome;
    return answered({ state: 'pending', ...(intervalSeconds !== undefined && { intervalSeconds }) });
  }
  const { id, login, expiresAt } = outcome.session;
  return answered({ state: 'signed-in', session: id.reveal(), login, expiresAt: toIso(expiresAt) });
}

const notConfigured = refused(
  404,
  'Nobody signs in here',
  'This control plane has no OAuth client of GitHub: use the admin token, or see docs/access.md.',
);
