// What a host needs once, whichever VMs it has.

import type { Log } from '../../ports/log.ts';
import type { Commands } from './commands.ts';
import { leaveDocker, passDocker } from './docker-user.ts';

const forwarding = 'net.ipv4.ip_forward';

export async function prepareHost(gateway: string, log: Log, run: Commands): Promise<void> {
  // On the loopback device, so that what the host serves to guests can listen whether or not there are any.
  await run('ip', ['address', 'replace', `${gateway}/32`, 'dev', 'lo']);
  if (!(await isForwarding(run))) {
    await run('sysctl', ['-q', '-w', `${forwarding}=1`]);
    log.warn('turned on forwarding of packets, which VMs need to reach the internet', {
      setting: `${forwarding}=1`,
    });
  }
  await passDocker(run);
}

export async function isForwarding(run: Commands): Promise<boolean> {
  return (await run('sysctl', ['-n', forwarding])).trim() === '1';
}

/** Forwarding stays on: others may rely on it by now. */
export async function restoreHost(gateway: string, run: Commands): Promise<void> {
  await leaveDocker(run);
  const addresses = await run('ip', ['-j', '-4', 'address', 'show', 'dev', 'lo']);
  if (addresses.includes(`"${gateway}"`))
    await run('ip', ['address', 'delete', `${gateway}/32`, 'dev', 'lo']);
}
