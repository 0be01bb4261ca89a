// PostgreSQL refuses to run as root. So as root it runs as a system user: `postgres` if there is one, else `bellows`, which
// is made only when the operator agreed.

import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { EmbeddedPostgresError } from './embedded-error.ts';
import { runAs, type SystemUser } from './run-as.ts';

export type UserPlan =
  /** We are not root: it runs as ourselves. */
  | { kind: 'self' }
  | { kind: 'existing'; user: SystemUser }
  /** The user must be made first; `command` is what would be run. */
  | { kind: 'missing'; name: string; command: readonly string[] };

const candidates = ['postgres', 'bellows'];

/** Tells as whom the embedded PostgreSQL would run on this machine, and changes nothing. */
export async function planUser(
  ourUid = userInfo().uid,
  passwd: () => Promise<string> = () => readFile('/etc/passwd', 'utf8'),
): Promise<UserPlan> {
  if (ourUid !== 0) return { kind: 'self' };
  const known = parsePasswd(await passwd());
  const user = candidates.map((name) => known.get(name)).find((found) => found !== undefined);
  if (user !== undefined) return { kind: 'existing', user };
  const name = 'bellows';
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  return { kind: 'missing', name, command: ['useradd', ...options, '--shell', '/usr/sbin/nologin', name] };
}

/** The user to run as; makes it when `mayCreate`. */
export async function provideUser(plan: UserPlan, mayCreate: boolean): Promise<SystemUser | undefined> {
  if (plan.kind === 'self') return undefined;
  if (plan.kind === 'existing') return plan.user;
  const [command = 'useradd', ...args] = plan.command;
  if (!mayCreate) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and there is no system user for it. Make one: ${plan.command.join(' ')}; or let Bellows make it (\`bellows server --create-user\`), or run Bellows as an ordinary user.`,
    );
  }
  const { code, output } = await runAs(undefined, command, args);
  const made = parsePasswd(await readFile('/etc/passwd', 'utf8')).get(plan.name);
  if (code !== 0 || made === undefined) {
    throw new EmbeddedPostgresError(`cannot make the system user ${plan.name}: ${output.trim()}`);
  }
  return made;
}

function parsePasswd(text: string): Map<string, SystemUser> {
  const users = new Map<string, SystemUser>();
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name !== undefined && uid !== undefined && gid !== undefined) {
      users.set(name, { name, uid: Number(uid), gid: Number(gid) });
    }
  }
  return users;
}
