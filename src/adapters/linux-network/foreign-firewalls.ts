// Other firewalls on the host. A packet has to pass every base chain at a hook, so what another one refuses stays refused
// whatever our table says (nftables wiki, "Configuring chains": a drop is final, an accept is not).

import { tapPrefix } from '../../domain/network/address-plan.ts';
import { CommandError, type Commands, isRecord } from './commands.ts';

export interface ForeignFirewall {
  name: 'docker' | 'ufw' | 'firewalld' | 'unknown';
  /** The hook where it refuses what nothing lets through. */
  hook: 'forward' | 'input';
  /** The chain, for people. */
  chain: string;
  /** It lets our guests through already. */
  admitsGuests: boolean;
  /** What the operator can do; empty when there is nothing to do. */
  remedy: string;
}

const wildcard = `${tapPrefix}+`;

/**
 * Who else refuses forwarded or incoming traffic by default.
 * @param gateway the address on which the host serves guests.
 */
export async function findForeignFirewalls(run: Commands, gateway: string): Promise<ForeignFirewall[]> {
  const ruleset = await run('nft', ['-j', 'list', 'ruleset']);
  // iptables-legacy speaks to another part of the kernel, of which nft does not know.
  const legacy = await legacyRules(run);
  return foreignFirewalls(ruleset, legacy, gateway);
}

export function foreignFirewalls(nftJson: string, legacy: string, gateway: string): ForeignFirewall[] {
  const found = [...closedByNft(nftJson), ...closedByLegacy(legacy)];
  return found.map(({ hook, chain, text }) => {
    const name = ownerOf(text);
    const admitsGuests = text.includes(wildcard) || text.includes(`${tapPrefix}*`);
    return { name, hook, chain, admitsGuests, remedy: admitsGuests ? '' : remedyFor(name, hook, gateway) };
  });
}

interface ClosedHook {
  hook: ForeignFirewall['hook'];
  chain: string;
  /** The table's chains and rules, to tell whose it is. */
  text: string;
}

function closedByNft(json: string): ClosedHook[] {
  const parsed: unknown = JSON.parse(json);
  const items = isRecord(parsed) && Array.isArray(parsed.nftables) ? parsed.nftables.filter(isRecord) : [];
  const chains = items.map((item) => item.chain).filter(isRecord);
  const rules = items.map((item) => item.rule).filter(isRecord);
  return chains.flatMap((chain) => {
    const { family, table, name, hook } = chain;
    if (table === 'bellows' || (hook !== 'forward' && hook !== 'input')) return [];
    if (family !== 'ip' && family !== 'inet') return [];
    const inTable = (one: Record<string, unknown>) => one.family === family && one.table === table;
    const own = rules.filter((rule) => inTable(rule) && rule.chain === name);
    // firewalld's chain accepts by policy and ends with a rule that refuses.
    const refuses = chain.policy === 'drop' || /"(reject|drop)"/.test(JSON.stringify(own.at(-1)?.expr ?? []));
    if (!refuses) return [];
    const text = JSON.stringify([...chains, ...rules].filter(inTable));
    return { hook, chain: `${family} ${table} ${name}`, text };
  });
}

function closedByLegacy(text: string): ClosedHook[] {
  return (['forward', 'input'] as const).flatMap((hook) =>
    new RegExp(`^-P ${hook.toUpperCase()} DROP`, 'm').test(text)
      ? { hook, chain: `iptables-legacy ${hook.toUpperCase()}`, text }
      : [],
  );
}

function ownerOf(text: string): ForeignFirewall['name'] {
  if (/ufw-/.test(text)) return 'ufw';
  if (/"table":\s*"firewalld"/.test(text)) return 'firewalld';
  if (/DOCKER-(USER|FORWARD|ISOLATION)/.test(text)) return 'docker';
  return 'unknown';
}

function remedyFor(name: ForeignFirewall['name'], hook: ForeignFirewall['hook'], gateway: string): string {
  if (name === 'docker') return 'restart the agent: it lets its guests through in DOCKER-USER by itself';
  if (name === 'ufw')
    return hook === 'forward'
      ? `ufw route allow in on ${wildcard} && ufw route allow out on ${wildcard}`
      : `ufw allow in on ${wildcard} to ${gateway}`;
  if (name === 'firewalld')
    return `firewall-cmd --permanent --zone=trusted --add-interface=${wildcard} && firewall-cmd --permanent --new-policy=bellows && firewall-cmd --permanent --policy=bellows --add-ingress-zone=trusted --add-egress-zone=ANY --set-target=ACCEPT && firewall-cmd --reload`;
  return hook === 'forward'
    ? `let it accept what comes from and goes to the devices ${tapPrefix}*; our own rules decide about it`
    : `let it accept what comes from the devices ${tapPrefix}* to ${gateway}; our own rules decide about it`;
}

async function legacyRules(run: Commands): Promise<string> {
  return run('iptables-legacy', ['-S']).catch((error: unknown) => {
    // Not installed, or the kernel has no such part any more: then nothing is refused there.
    if (error instanceof CommandError) return '';
    throw error;
  });
}
