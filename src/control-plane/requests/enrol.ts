// A host becomes ours with a one-time token; from then on it signs with a key of its own, of which only the public part ever
// comes here.

import { type HostId, hostId } from '../../domain/ids.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import { after, minutes, toIso } from '../../domain/time.ts';
import type { Random } from '../../ports/random.ts';
import type { PublicKey } from '../../ports/sealer.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf, RequestOf } from '../../wire/api/endpoints.ts';
import type { RequestDeps } from './deps.ts';
import { newToken, tokenHash } from './tokens.ts';

type EnrolDeps = Pick<RequestDeps, 'store' | 'clock' | 'random' | 'log'>;

export async function makeEnrolToken(
  deps: EnrolDeps,
  request: RequestOf<'makeEnrolToken'>,
): Promise<ApiAnswer<AnswerOf<'makeEnrolToken'>>> {
  const { name, owners, auto, validForMinutes } = request.body;
  const token = newToken('bellows_enrol_', deps.random);
  const expiresAt = after(deps.clock.now(), minutes(validForMinutes));
  await deps.store.transaction((tx) =>
    tx.enrolments.add({
      tokenHash: tokenHash(token.reveal()),
      hostName: name,
      owners: owners.map((owner) => owner.toLowerCase()),
      ...(auto && { auto }),
      expiresAt,
    }),
  );
  return answered({ token: token.reveal(), expiresAt: toIso(expiresAt) });
}

export async function enrol(
  deps: EnrolDeps,
  { body }: RequestOf<'enrol'>,
): Promise<ApiAnswer<AnswerOf<'enrol'>>> {
  const signingKey = publicKey(body.signingKey, 'Ed25519');
  const sealingKey = publicKey(body.sealingKey, 'X25519');
  if (signingKey === undefined || sealingKey === undefined) {
    return refused(
      400,
      'Bad key',
      'Send the public parts of an Ed25519 and an X25519 key, and nothing private.',
    );
  }
  const now = deps.clock.now();
  const id = newHostId(deps.random);
  const outcome = await deps.store.transaction(async (tx) => {
    // An agent whose answer was lost asks again with the same keys; its token is used up by then.
    const hosts = await tx.hosts.list();
    const known = hosts.find((host) => host.signingKey.x === signingKey.x);
    if (known !== undefined) return known.id;
    const enrolment = await tx.enrolments.redeem(tokenHash(body.token), now);
    if (enrolment === undefined) return undefined;
    const name = enrolment.hostName || body.name;
    const host: Host = {
      id,
      name,
      ...disabledBefore(name, hosts),
      owners: enrolment.owners,
      signingKey,
      sealingKey,
      // Until its agent has dialled in.
      state: 'silent',
      enrolledAt: now,
      ...(enrolment.auto === true && { auto: true }),
      generation: 1,
      revision: 0,
    };
    await tx.hosts.insert(host);
    await tx.history.append([
      {
        at: now,
        subject: { kind: 'host', id },
        event: 'enrolled',
        data: {
          name: host.name,
          owners: host.owners,
          auto: host.auto === true,
          ...(host.hold !== undefined && { hold: host.hold.kind, by: host.hold.by }),
        },
      },
    ]);
    return id;
  });
  if (outcome === undefined) {
    return refused(
      401,
      'Bad enrolment token',
      'The token is unknown, used or run out. Make a new one: bellows host enrol-token',
    );
  }
  deps.log.info('host enrolled', { host: outcome });
  return answered({ host: outcome });
}

/** An operator disabled the machine, not its keys: one that was set up anew stays disabled until it is taken back. */
function disabledBefore(name: string, hosts: readonly Host[]): Pick<Host, 'hold'> {
  const hold = hosts.find((host) => host.name === name && host.hold?.kind === 'disabled')?.hold;
  return hold === undefined ? {} : { hold };
}

function publicKey(key: PublicKey, curve: string): PublicKey | undefined {
  const { kty, crv, x } = key;
  const isPublic =
    kty === 'OKP' && crv === curve && typeof x === 'string' && /^[\w-]{43}$/.test(x) && !('d' in key);
  return isPublic ? { kty, crv, x } : undefined;
}

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';

const newHostId = (random: Random): HostId =>
  hostId(`host-${Array.from(random.bytes(12), (byte) => crockford[byte % 32]).join('')}`);
