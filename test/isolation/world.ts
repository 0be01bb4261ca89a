// The world around the host under attack, in network namespaces: an internet, a LAN, and the services of a cloud. In each
// stands a witness that tells what reached it.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { joinNamespaces, makeNetworkNamespace, type NetworkNamespace } from '../support/network-namespace.ts';

/** Where attacks are aimed. All texts are secrets that no VM should get, but the internet's. */
export const places = {
  internet: { address: '93.184.216.34', text: 'the internet' },
  /** On the internet, and never answers. */
  silence: { address: '93.184.216.99' },
  /** On the host's uplink, with a public address. */
  uplinkNeighbour: { address: '5.9.1.77' },
  /** A private network behind the uplink, which the host has no address in. */
  farPrivate: { address: '172.20.5.5' },
  hostUplink: { address: '5.9.1.2' },
  hostLan: { address: '192.168.77.1' },
  lan: { address: '192.168.77.10', text: 'a file server of the LAN' },
  metadata: { address: '169.254.169.254', text: 'credentials of the cloud account' },
  azure: { address: '168.63.129.16' },
  alibaba: { address: '100.100.100.200' },
  /** fd00:ec2::254 */
  metadata6: { address: 'fd000ec2000000000000000000000254' },
} as const;

export const sshBanner = 'SSH-2.0-host';
export const agentApi = 'the API of the agent';
export const mailBanner = '220 mail';
/** An EtherType that is nobody's: IEEE 802 keeps it for experiments. */
export const strangeEtherType = 0x88b5;

export const roles = ['host', 'inet', 'lan', 'cloud'] as const;
export type Role = (typeof roles)[number];
export type World = Readonly<Record<Role, NetworkNamespace>>;

export async function makeWorld(): Promise<World> {
  const made = await Promise.all(
    roles.map(async (role) => [role, await makeNetworkNamespace(role)] as const),
  );
  const world = Object.fromEntries(made) as Record<Role, NetworkNamespace>;
  const { host, inet, lan, cloud } = world;
  const plug = (at: NetworkNamespace, device: string, address: string) => ({ at, device, address });
  await joinNamespaces(plug(host, 'uplink', '5.9.1.2/24'), plug(inet, 'out', '5.9.1.1/24'));
  await joinNamespaces(plug(host, 'lan0', '192.168.77.1/24'), plug(lan, 'out', '192.168.77.10/24'));
  await joinNamespaces(plug(host, 'cloud0', '5.9.2.1/30'), plug(cloud, 'out', '5.9.2.2/30'));
  for (const one of [inet, lan, cloud])
    await one.run('sysctl', ['-q', '-w', 'net.ipv4.conf.all.rp_filter=0']);
  await ip(
    inet,
    'address add 93.184.216.34/32 dev lo',
    'address add 172.20.5.5/32 dev lo',
    'address add 5.9.1.77/24 dev out',
  );
  await ip(inet, 'route add 10.200.0.0/16 via 5.9.1.2');
  await ip(
    cloud,
    ...['169.254.169.254', '168.63.129.16', '100.100.100.200'].map((to) => `address add ${to}/32 dev lo`),
    '-6 address add fd00:ec2::254/128 dev lo nodad',
    '-6 address add fd00:c::2/64 dev out nodad',
  );
  await ip(
    host,
    'route add default via 5.9.1.1',
    ...['169.254.169.254', '168.63.129.16', '100.100.100.200'].map((to) => `route add ${to}/32 via 5.9.2.2`),
    '-6 address add fd00:c::1/64 dev cloud0 nodad',
    '-6 route add fd00:ec2::254/128 via fd00:c::2',
  );
  return world;
}

/** Some calls of `ip`, one after another. */
export async function ip(at: Pick<NetworkNamespace, 'run'>, ...calls: string[]): Promise<void> {
  for (const call of calls) await at.run('ip', call.split(' '));
}

const wishes: Readonly<Record<Role, object>> = {
  host: {
    tcp: { 22: sshBanner, 8080: agentApi },
    udp: [
      ['0.0.0.0', 5353],
      ['0.0.0.0', 67],
      ['0.0.0.0', 514],
      ['127.0.0.1', 9999],
      ['::', 546],
    ],
    etherType: strangeEtherType,
  },
  inet: { tcp: { 80: places.internet.text, 25: mailBanner }, watch: ['out'] },
  lan: { tcp: { 80: places.lan.text }, watch: ['out'] },
  cloud: { tcp: { 80: places.metadata.text }, watch: ['out'] },
};

/** By `NAME:TRY` of an attack. */
export type Sightings = Readonly<Record<string, { packets: number; bytes: number }>>;

export class Witness {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  static async stand(role: Role, namespace: string): Promise<Witness> {
    const program = join(import.meta.dirname, 'witness.py');
    const args = ['netns', 'exec', namespace, 'python3', program, JSON.stringify(wishes[role])];
    const witness = new Witness(spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    await witness.#answer();
    return witness;
  }

  /** All that it has seen so far. */
  sightings(): Promise<Sightings> {
    return this.ask('count');
  }

  async ask(order: string): Promise<Sightings> {
    this.#child.stdin.write(`${order}\n`);
    return this.#answer();
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.stdin.end();
    await gone;
  }

  async #answer(): Promise<Sightings> {
    const { value } = await this.#lines.next();
    if (value === undefined) throw new Error('a witness has ended');
    return JSON.parse(value);
  }
}
