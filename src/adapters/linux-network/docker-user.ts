// Docker refuses all forwarding that is not its own, and leaves one chain to others: what DOCKER-USER accepts passes
// Docker's rules (docs.docker.com, "Packet filtering and firewalls"). Our own table then decides about it.

import { tapPrefix } from '../../domain/network/address-plan.ts';
import { CommandError, type Commands } from './commands.ts';

const rules = [
  ['-i', `${tapPrefix}+`, '-j', 'ACCEPT'],
  ['-o', `${tapPrefix}+`, '-j', 'ACCEPT'],
];

/** Lets guests pass Docker's rules. Gives false where there is no Docker. */
export async function passDocker(run: Commands): Promise<boolean> {
  const there = await dockerUser(run);
  if (there === undefined) return false;
  for (const rule of rules)
    if (!there.includes(rule.join(' '))) await run('iptables', ['-w', '-I', 'DOCKER-USER', ...rule]);
  return true;
}

export async function leaveDocker(run: Commands): Promise<void> {
  const there = await dockerUser(run);
  for (const rule of rules)
    if (there?.includes(rule.join(' '))) await run('iptables', ['-w', '-D', 'DOCKER-USER', ...rule]);
}

/** The chain's rules; undefined when there is none. */
async function dockerUser(run: Commands): Promise<string | undefined> {
  return run('iptables', ['-w', '-S', 'DOCKER-USER']).catch((error: unknown) => {
    if (error instanceof CommandError) return undefined;
    throw error;
  });
}
