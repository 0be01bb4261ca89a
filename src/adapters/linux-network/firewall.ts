// The rules in the kernel, and what they should be.

import { createHash } from 'node:crypto';
import type { Guest } from '../../domain/network/address-plan.ts';
import type { HostNets, NetworkPolicy } from '../../domain/network/policy.ts';
import {
  addGuest,
  removal,
  removeChain,
  removeGuest,
  ruleset,
  tableName,
} from '../../domain/network/ruleset.ts';
import { CommandError, type Commands } from './commands.ts';

/** Why the rules are not as they should be, for people; undefined when they are. */
export type Deviation = string | undefined;

export async function deviation(
  policy: NetworkPolicy,
  host: HostNets,
  guests: readonly Guest[],
  run: Commands,
): Promise<Deviation> {
  const [inet, netdev] = await Promise.all(
    (['inet', 'netdev'] as const).map((family) => listTable(family, run)),
  );
  if (inet === undefined || netdev === undefined) return `the table ${tableName} is missing`;
  const wanted = markedRuleset(policy, host, guests);
  if (!inet.includes(`comment "${markOf(policy, host)}"`)) return 'the rules are those of another policy';
  const rules = refusalsIn(wanted);
  const found = refusalsIn(`${netdev}\n${inet}`);
  const missing = [...rules].find(([name, count]) => (found.get(name) ?? 0) < count)?.[0];
  if (missing !== undefined) return `a rule "${missing}" is missing`;
  const lost = guests.find(({ device, mac, address }) => !inet.includes(`"${device}" . ${mac} . ${address}`));
  return lost && `${lost.vm} has no rules`;
}

/** Loads all rules anew, in one transaction. */
export async function loadRules(
  policy: NetworkPolicy,
  host: HostNets,
  guests: readonly Guest[],
  run: Commands,
): Promise<void> {
  await run('nft', ['-f', '-'], markedRuleset(policy, host, guests));
}

export async function addGuestRules(guest: Guest, policy: NetworkPolicy, run: Commands): Promise<void> {
  await run('nft', ['-f', '-'], `${addGuest(guest, policy)}\n`);
}

/** Finds the VM's rules by its device's name, so that they go also when the device is gone already. */
export async function removeGuestRules(device: string, run: Commands): Promise<void> {
  const [inet, netdev] = await Promise.all([listTable('inet', run), listTable('netdev', run)]);
  if (inet === undefined || netdev === undefined) return;
  const elements = [...inet.matchAll(new RegExp(`"${device}" \\. (\\S+) \\. ([0-9.]+)`, 'g'))];
  const guests = elements.map(([, mac = '', address = '']) => ({ device, mac, address }));
  const text = [removeChain(device), ...guests.map(removeGuest)].join('\n');
  await run('nft', ['-f', '-'], `${text}\n`);
}

export async function removeRules(run: Commands): Promise<void> {
  await run('nft', ['-f', '-'], `${removal}\n`);
}

function markedRuleset(policy: NetworkPolicy, host: HostNets, guests: readonly Guest[]): string {
  return ruleset(policy, host, guests, markOf(policy, host));
}

function markOf(policy: NetworkPolicy, host: HostNets): string {
  const text = ruleset(policy, host, [], '');
  return `policy ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

async function listTable(family: 'inet' | 'netdev', run: Commands): Promise<string | undefined> {
  return run('nft', ['list', 'table', family, tableName]).catch((error: unknown) => {
    if (error instanceof CommandError && /No such file/.test(error.said)) return undefined;
    throw error;
  });
}

/** How often each rule that refuses is there. */
function refusalsIn(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [, name = ''] of text.matchAll(/drop comment "([a-z0-9-]+)"/g))
    counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
