// Which host this is to the control plane: remembered in the agent's folder, or found out by enrolling.

import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FetchApiClient } from '../adapters/api-client/fetch-api-client.ts';
import { enrol } from '../agent/enrol.ts';
import { type HostId, hostId } from '../domain/ids.ts';
import type { Log } from '../ports/log.ts';
import type { HostIdentity } from '../ports/sealer.ts';
import type { Secret } from '../ports/secret.ts';

export interface Enrolment {
  /** Of the control plane. */
  url: string;
  /** The agent's. */
  folder: string;
  /** What the host is called when it enrols. */
  name: string;
  /** Asked for when it has to. */
  enrolToken: () => Promise<Secret>;
  log: Log;
}

/** The host's id, from the file of an earlier enrolment or by enrolling now. */
export async function enrolledHost(enrolment: Enrolment, identity: HostIdentity): Promise<HostId> {
  const known = await rememberedHost(enrolment.folder);
  if (known?.url === enrolment.url) return known.host;
  if (known !== undefined)
    enrolment.log.warn('enrolled with another control plane before; enrolling anew', { now: enrolment.url });
  return enrolNow(enrolment, identity);
}

/** With a key that the control plane knows it is the same host again, and the token is not looked at. */
export async function enrolNow(
  { url, folder, name, enrolToken, log }: Enrolment,
  identity: HostIdentity,
): Promise<HostId> {
  const token = await enrolToken();
  const api = new FetchApiClient({ url, token: () => Promise.reject(new Error('bug: no admin here')) });
  const host = await enrol(api, identity, { token, name });
  const path = join(folder, fileName);
  await writeFile(`${path}.part`, `${JSON.stringify({ host, url })}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
  log.info('host enrolled', { host, name });
  return host;
}

/** Undefined when the agent of this folder has never enrolled. */
export async function rememberedHost(folder: string): Promise<{ host: HostId; url: string } | undefined> {
  const text = await readFile(join(folder, fileName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record: unknown = JSON.parse(text);
  const host = fieldOf(record, 'host');
  const url = fieldOf(record, 'url');
  return host === undefined || url === undefined ? undefined : { host: hostId(host), url };
}

const fileName = 'host.json';

function fieldOf(record: unknown, name: 'host' | 'url'): string | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  const value: unknown = Reflect.get(record, name);
  return typeof value === 'string' ? value : undefined;
}
