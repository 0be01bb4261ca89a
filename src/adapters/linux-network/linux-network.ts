// Taps and rules on a Linux host, by the host's own tools: iproute2 and nftables. What is there is read from the kernel each
// time, so that a crash, an operator or another program's flush leaves nothing that we do not see.

import type { VmId } from '../../domain/ids.ts';
import { type Guest, gatewayOf, guestAt, guestFor, tapOf } from '../../domain/network/address-plan.ts';
import { formatIpv4Range } from '../../domain/network/ipv4.ts';
import type { DnsPolicy, HostNets, NetworkPolicy } from '../../domain/network/policy.ts';
import { policyProblems } from '../../domain/network/policy.ts';
import { freeUser, holdsUser, type UserRange } from '../../domain/network/tap-users.ts';
import type { Clock } from '../../ports/clock.ts';
import { type HostNetwork, NetworkError } from '../../ports/host-network.ts';
import type { Log } from '../../ports/log.ts';
import type { TapNetwork } from '../../ports/vm-driver.ts';
import { type Commands, hostCommands } from './commands.ts';
import { addGuestRules, deviation, loadRules, removeGuestRules, removeRules } from './firewall.ts';
import { type ForeignFirewall, findForeignFirewalls } from './foreign-firewalls.ts';
import { connectedNets, readTaps, type Tap, uplinkMtu } from './host-links.ts';
import { hostResolver } from './host-resolver.ts';
import { isForwarding, prepareHost, restoreHost } from './host-settings.ts';
import { awaitUnused, deleteTap, makeTap, raiseTap, type TapSettings } from './taps.ts';

export interface LinuxNetworkOptions {
  /** `host`: the resolver that the host itself asks. */
  policy: Omit<NetworkPolicy, 'dns'> & { dns: DnsPolicy | 'host' };
  clock: Clock;
  log: Log;
  /** One of them owns a VM's tap; without them root does. */
  users?: UserRange;
  run?: Commands;
}

export interface LinuxNetwork extends HostNetwork {
  open(vm: VmId): Promise<TapNetwork>;
  /**
   * Puts the rules in order when they are not: another program may have flushed them (`nft flush ruleset`), an operator may
   * have changed the policy or the host's networks. To be called at the agent's start and now and then; `open` does it too.
   * @returns what was wrong; undefined when nothing was.
   */
  mend(): Promise<string | undefined>;
  /** What keeps guests from the network, or lets them where they should not be, each with what to do. Changes nothing. */
  problems(): Promise<string[]>;
  /** Of these, what is wrong with our own rules and the policy. Changes nothing. */
  ruleProblems(): Promise<string[]>;
  /** Other firewalls of the host that refuse forwarded or incoming traffic by default. Changes nothing. */
  foreignFirewalls(): Promise<ForeignFirewall[]>;
  /** Removes every tap of ours with every rule. Forwarding (`net.ipv4.ip_forward`) stays as it is. */
  removeAll(): Promise<void>;
}

export function linuxNetwork(options: LinuxNetworkOptions): LinuxNetwork {
  const { clock, run = hostCommands() } = options;
  const gateway = gatewayOf(options.policy.pool);
  // Two at the same time could choose the same address, or find the other's half-made tap.
  const inTurn = queue();
  const find = async () => (await readTaps(run)).map(({ vm }) => vm).sort();
  const close = async (vm: VmId): Promise<void> => {
    const tap = (await readTaps(run)).find((one) => one.vm === vm);
    if (tap !== undefined) await awaitUnused(tap, run, clock);
    await inTurn(async () => {
      await deleteTap(tapOf(vm), run);
      await removeGuestRules(tapOf(vm), run);
    });
  };
  return {
    open: (vm) => inTurn(() => openTap(vm, options, run)),
    close,
    find,
    mend: () => inTurn(async () => mendRules(await look(options, run), options, run)),
    problems: async () => findProblems(await look(options, run), gateway, run),
    ruleProblems: async () => findRuleProblems(await look(options, run), run),
    foreignFirewalls: () => findForeignFirewalls(run, gateway),
    removeAll: async () => {
      for (const vm of await find()) await close(vm);
      await inTurn(async () => {
        await removeRules(run);
        await restoreHost(gateway, run);
      });
    },
  };
}

/** All that the rules depend on, as it is now. */
interface Look {
  policy: NetworkPolicy;
  host: HostNets;
  taps: readonly Tap[];
  /** The taps that have an address. */
  guests: readonly Guest[];
}

async function look({ policy }: LinuxNetworkOptions, run: Commands): Promise<Look> {
  const dns = policy.dns === 'host' ? await hostResolver() : policy.dns;
  const [taps, connected] = await Promise.all([readTaps(run), connectedNets(run)]);
  const guests = taps.flatMap(({ vm, address }) => (address === undefined ? [] : guestAt(vm, address)));
  return { policy: { ...policy, dns }, host: { connected }, taps, guests };
}

async function mendRules(
  { policy, host, guests }: Look,
  { log }: LinuxNetworkOptions,
  run: Commands,
): Promise<string | undefined> {
  const problems = policyProblems(policy, host);
  if (problems.length > 0) throw new NetworkError(problems.join('; '));
  await prepareHost(gatewayOf(policy.pool), log, run);
  const wrong = await deviation(policy, host, guests, run);
  if (wrong === undefined) return undefined;
  await loadRules(policy, host, guests, run);
  log.warn("loaded the guests' firewall rules", { because: wrong, guests: guests.length });
  return wrong;
}

async function openTap(vm: VmId, options: LinuxNetworkOptions, run: Commands): Promise<TapNetwork> {
  const now = await look(options, run);
  await mendRules(now, options, run);
  const { pool, bytesPerSecond } = now.policy;
  const taken = new Set(now.guests.map(({ address }) => address));
  const guest = now.guests.find((one) => one.vm === vm) ?? guestFor(vm, pool, taken);
  if (guest === undefined)
    throw new NetworkError(
      `the pool ${formatIpv4Range(pool)} has no address left for ${vm}: configure a larger one`,
    );
  const mtu = await uplinkMtu(run);
  const gateway = gatewayOf(pool);
  const settings: TapSettings = {
    gateway,
    mtu,
    owner: ownerFor(vm, now.taps, options.users),
    bytesPerSecond,
  };
  const before = now.taps.find((tap) => tap.vm === vm);
  const exists = before?.owner === settings.owner;
  if (before !== undefined && !exists) {
    await awaitUnused(before, run, options.clock);
    await deleteTap(before.device, run);
  }
  await makeTap(guest, exists, settings, run);
  await addGuestRules(guest, now.policy, run);
  await raiseTap(guest, settings, run);
  const { device, mac, address } = guest;
  const { owner } = settings;
  return { kind: 'tap', device, owner, mac, address: `${address}/32`, gateway, nameserver: gateway, mtu };
}

/** The same again for a VM that has one: its VMM may run as that already. */
function ownerFor(vm: VmId, taps: readonly Tap[], users: UserRange | undefined): number {
  if (users === undefined) return 0;
  const before = taps.find((tap) => tap.vm === vm)?.owner;
  if (before !== undefined && holdsUser(users, before)) return before;
  const owner = freeUser(users, new Set(taps.flatMap((tap) => tap.owner ?? [])));
  if (owner === undefined)
    throw new NetworkError(
      `all ${users.count} users for VMs are taken: give the agent more of them (BELLOWS_VM_USERS)`,
    );
  return owner;
}

async function findRuleProblems({ policy, host, guests }: Look, run: Commands): Promise<string[]> {
  const wrong = await deviation(policy, host, guests, run);
  return [
    ...policyProblems(policy, host),
    ...(wrong === undefined ? [] : [`the guests' firewall is not in order: ${wrong}: restart the agent`]),
  ];
}

async function findProblems(now: Look, gateway: string, run: Commands): Promise<string[]> {
  const [rules, forwarding, foreign] = await Promise.all([
    findRuleProblems(now, run),
    isForwarding(run),
    findForeignFirewalls(run, gateway),
  ]);
  return [
    ...rules,
    ...(forwarding ? [] : ['packets are not forwarded: sysctl -w net.ipv4.ip_forward=1']),
    ...foreign
      .filter(({ admitsGuests }) => !admitsGuests)
      .map(({ name, chain, remedy }) => `${name} refuses guests in ${chain}: ${remedy}`),
  ];
}

/** Runs one after another what is handed to it; one that fails does not keep the next from its turn. */
function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
