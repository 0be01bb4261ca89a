// Where the attacks take place: the product's network and VMs, and how it is seen that all goes on.

import { join } from 'node:path';
import { type LinuxNetwork, linuxNetwork } from '../../src/adapters/linux-network/linux-network.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { type VmId, vmId } from '../../src/domain/ids.ts';
import { defaultPool } from '../../src/domain/network/policy.ts';
import type { BootFiles } from '../../src/ports/image-source.ts';
import type { Log } from '../../src/ports/log.ts';
import type { Lab } from './attack.ts';
import { floodLimits } from './attacks/floods.ts';
import { type AttackerDesk, consoleEnd, type Guest, orderPort, startGuest } from './guest.ts';
import { places } from './world.ts';

export interface Ground extends Pick<Lab, 'folder' | 'world' | 'network' | 'witnesses'> {
  image: BootFiles;
  desk: AttackerDesk;
}

export const vms = {
  attacker: vmId('vm-attacker0001'),
  neighbour: vmId('vm-neighbour001'),
  looser: vmId('vm-attacker0002'),
};
const memoryMib = 512;
export const scratchGib = 1;
export const diskMibPerSecond = 60;
/** Written to the neighbour's disk. */
export const neighbourSecret = 'the-neighbour-keeps-this-to-himself';

export async function boot(
  ground: Ground,
  vm: VmId,
  rates?: { diskBytesPerSecond: number },
  program?: string,
) {
  const { folder, image, network, desk } = ground;
  const consolePath = join(folder, `${vm}.console`);
  return startGuest({
    vm,
    folder,
    image,
    network,
    attackers: desk,
    scratchGib: program === undefined ? scratchGib : 2 * scratchGib,
    memoryMib,
    ...(rates && { rates }),
    ...(program !== undefined && { program }),
  }).catch(async (cause: unknown) => {
    throw new Error(`${vm} did not come up; its console ends: ${await consoleEnd({ consolePath })}`, {
      cause,
    });
  });
}

export async function prepare({ neighbour, attacker, witnesses }: Lab): Promise<void> {
  await neighbour.order('serve', { port: 8000, text: 'the neighbour at home' });
  await neighbour.order('run', { script: `echo ${neighbourSecret} >/var/secret; sync` });
  for (const { tap } of [attacker, neighbour]) {
    await witnesses.host.ask(`watch-out ${tap.device}`);
    await witnesses.host.ask(`join ${tap.device} 224.0.0.251`);
  }
}

export async function reachesInternet(guest: Guest): Promise<boolean> {
  const answer = await guest.order('fetch', { host: places.internet.address, port: 80 });
  return answer.text === places.internet.text;
}

/** Its services answer the outside within the second, and its rules are what they should be. */
export async function isHostHealthy({ world, network }: Lab): Promise<boolean> {
  const program = 'import socket; print(socket.create_connection(("5.9.1.2", 22), 1).recv(99).decode())';
  const banner = await world.inet.run('python3', ['-c', program]).catch(() => '');
  return banner.startsWith('SSH') && (await network.problems()).length === 0;
}

/** It answers within three seconds (emulated, on processors that it shares), and reaches the internet. */
export async function isNeighbourHealthy({ neighbour }: Lab): Promise<boolean> {
  const start = performance.now();
  const answers = await reachesInternet(neighbour);
  return answers && performance.now() - start < 3000;
}

export function productNetwork(): LinuxNetwork {
  const quiet = () => undefined;
  const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet, with: () => log };
  return linuxNetwork({
    policy: {
      pool: defaultPool,
      dns: { kind: 'served' },
      services: [{ protocol: 'tcp', port: orderPort }],
      allow: [],
      deny: [],
      ...floodLimits,
    },
    users: { first: 900_000, count: 16 },
    clock: new SystemClock(),
    log,
  });
}
