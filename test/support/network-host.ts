// A host in a network namespace, with one cable to the rest of the world, and our network adapter on it.

import {
  type LinuxNetwork,
  type LinuxNetworkOptions,
  linuxNetwork,
} from '../../src/adapters/linux-network/linux-network.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { defaultLimits, defaultPool } from '../../src/domain/network/policy.ts';
import type { UserRange } from '../../src/domain/network/tap-users.ts';
import type { Log } from '../../src/ports/log.ts';
import { joinNamespaces, makeNetworkNamespace, type NetworkNamespace } from './network-namespace.ts';

export type PolicyOption = LinuxNetworkOptions['policy'];

export const testPolicy: PolicyOption = {
  pool: defaultPool,
  dns: { kind: 'served' },
  services: [{ protocol: 'tcp', port: 5000 }],
  allow: [],
  deny: [],
  ...defaultLimits,
  bytesPerSecond: undefined,
};

export interface NetworkHost {
  /** 5.9.1.2/24 on its device `uplink`. */
  readonly host: NetworkNamespace;
  /** 5.9.1.1, where the host's default route goes. */
  readonly world: NetworkNamespace;
  /** Warnings that the adapter logged. */
  readonly said: string[];
  network(changes?: Partial<PolicyOption>, users?: UserRange): LinuxNetwork;
  rules(): Promise<string>;
  /** How many packets each refusing rule has counted, less those that counted none. */
  refused(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

export async function makeNetworkHost(): Promise<NetworkHost> {
  const host = await makeNetworkNamespace('host');
  const world = await makeNetworkNamespace('world');
  await joinNamespaces(
    { at: host, device: 'uplink', address: '5.9.1.2/24' },
    { at: world, device: 'downlink', address: '5.9.1.1/24' },
  );
  await host.run('ip', ['route', 'add', 'default', 'via', '5.9.1.1']);
  const said: string[] = [];
  const ignore = () => undefined;
  const log: Log = {
    debug: ignore,
    info: ignore,
    warn: (message) => said.push(message),
    error: ignore,
    with: () => log,
  };
  const rules = () => host.run('nft', ['list', 'ruleset']);
  return {
    host,
    world,
    said,
    network: (changes = {}, users) =>
      linuxNetwork({
        policy: { ...testPolicy, ...changes },
        clock: new SystemClock(),
        log,
        run: host.run,
        ...(users && { users }),
      }),
    rules,
    refused: async () => refusalCounts(await rules()),
    close: async () => {
      await host.close();
      await world.close();
    },
  };
}

/** From what `nft list ruleset` prints. */
export function refusalCounts(listing: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, packets, name = ''] of listing.matchAll(
    /counter packets (\d+) bytes \d+ drop comment "(\S+)"/g,
  ))
    if (packets !== '0') counts[name] = (counts[name] ?? 0) + Number(packets);
  return counts;
}
