// A network namespace of a test's own: a host with its own devices, routes and rules, of which nothing is left afterwards.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Commands, hostCommands } from '../../src/adapters/linux-network/commands.ts';

export interface NetworkNamespace {
  readonly name: string;
  readonly run: Commands;
  close(): Promise<void>;
}

/** What keeps this machine from having one; undefined when nothing does. */
export function whyNoNamespaces(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun';
  for (const [program, ...args] of [
    ['ip', '-V'],
    ['nft', '-v'],
    ['tc', '-V'],
  ] as const) {
    try {
      execFileSync(program, args, { stdio: 'ignore', env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' } });
    } catch {
      return `needs ${program} (apt-get install iproute2 nftables)`;
    }
  }
  return undefined;
}

export async function makeNetworkNamespace(role: string): Promise<NetworkNamespace> {
  const name = `bellows-${role}-${randomBytes(3).toString('hex')}`;
  const outside = hostCommands();
  await outside('ip', ['netns', 'add', name]);
  const run = hostCommands(['ip', 'netns', 'exec', name]);
  await run('ip', ['link', 'set', 'lo', 'up']);
  return {
    name,
    run,
    close: async () => {
      await outside('ip', ['netns', 'delete', name]);
    },
  };
}

/** Joins two namespaces by a cable, with an address (`A/PREFIX`) at each end; the devices have the other's role as name. */
export async function joinNamespaces(
  one: { at: NetworkNamespace; device: string; address: string },
  other: { at: NetworkNamespace; device: string; address: string },
): Promise<void> {
  const peer = ['peer', 'name', other.device, 'netns', other.at.name];
  await one.at.run('ip', ['link', 'add', 'name', one.device, 'type', 'veth', ...peer]);
  for (const { at, device, address } of [one, other]) {
    await at.run('ip', ['address', 'add', address, 'dev', device]);
    await at.run('ip', ['link', 'set', 'dev', device, 'up']);
  }
}
