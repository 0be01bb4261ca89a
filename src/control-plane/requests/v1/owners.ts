import { type Caller, sees } from '../../../domain/access/caller.ts';
import type { Host } from '../../../domain/scheduling/host.ts';
import type { Transaction } from '../../../ports/store.ts';
import { type ApiAnswer, answered, refused } from '../../../wire/api/endpoint.ts';

/** The lower-cased accounts that are asked for and seen; undefined: all. */
export function ownersAsked(caller: Caller, asked: string | undefined): readonly string[] | undefined {
  const named = (asked ?? '')
    .toLowerCase()
    .split(',')
    .map((owner) => owner.trim())
    .filter((owner) => owner !== '');
  if (named.length === 0) return caller.reach === 'all' ? undefined : caller.reach;
  return named.filter((owner) => sees(caller, owner));
}

/** Of those whose work the host takes. */
export const serves = (host: Pick<Host, 'owners'>, owners: readonly string[] | undefined): boolean =>
  owners === undefined || host.owners.length === 0 || host.owners.some((owner) => owners.includes(owner));

/** The host of that name or id that takes work of the accounts that are asked for. */
export async function hostAsked(
  tx: Transaction,
  caller: Caller,
  { owner, host }: { owner: string; host: string },
): Promise<ApiAnswer<{ host: Host; owners: readonly string[] | undefined }>> {
  const owners = ownersAsked(caller, owner);
  const hosts = (await tx.hosts.list()).filter((one) => serves(one, owners));
  const byId = hosts.find(({ id }) => id === host);
  const named = byId === undefined ? hosts.filter(({ name }) => name === host) : [byId];
  const [found] = owners?.length === 0 ? [] : named;
  if (found === undefined) return refused(404, 'No such host', `${owner} has no host ${host}.`);
  if (named.length > 1) {
    const ids = named.map(({ id }) => id).join(', ');
    return refused(409, 'Which host?', `Several hosts are called ${host}: say one of ${ids}.`);
  }
  return answered({ host: found, owners });
}
