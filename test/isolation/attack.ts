// What an attack is, and how it is judged. It counts as blocked when it fails with the product as it is, and only if the
// same attack succeeds once what should stop it is taken away.

import type { Commands } from '../../src/adapters/linux-network/commands.ts';
import type { LinuxNetwork } from '../../src/adapters/linux-network/linux-network.ts';
import type { RefusalName } from '../../src/domain/network/refusals.ts';
import { refusalCounts } from '../support/network-host.ts';
import type { Guest } from './guest.ts';
import type { Role, Witness, World } from './world.ts';

export interface Lab {
  readonly folder: string;
  readonly world: World;
  readonly witnesses: Readonly<Record<Role, Witness>>;
  readonly network: LinuxNetwork;
  /** On the host. */
  readonly run: Commands;
  readonly attacker: Guest;
  readonly neighbour: Guest;
}

/** `blocked`: with everything in place; `control`: with what stops it taken away. */
export type Try = 'blocked' | 'control';

export interface Attack {
  readonly name: string;
  /** What should stop it, for people. */
  readonly stops: string;
  judge(lab: Lab): Promise<Judgement>;
}

export interface Judgement {
  blocked: boolean;
  /** It succeeded without what stops it. */
  control: boolean;
  /** What stopped it, as seen: the rules that counted it, or a figure. */
  seen: string;
}

export interface RuledAttack {
  name: string;
  /** The rules that stop it, each of which alone would. */
  rules: readonly RefusalName[];
  /** What stops it before any rule sees it, where something does. */
  earlier?: string;
  /** Other settings of the host that would stop it too: how they are taken away, and put back. Calls of programs. */
  loosen?: (lab: Lab) => readonly string[];
  tighten?: (lab: Lab) => readonly string[];
  /** `mark` is the text to look for at a witness. @returns whether it succeeded. */
  attempt(lab: Lab, mark: string): Promise<boolean>;
}

/** An attack that rules of the firewall stop. Afterwards the product's own repair puts the rules back. */
export function ruled({ name, rules, earlier, loosen, tighten, attempt }: RuledAttack): Attack {
  return {
    name,
    stops: `${earlier === undefined ? '' : `${earlier}; after that `}rule ${rules.join(' or ')}`,
    judge: async (lab) => {
      const listing = () => lab.run('nft', ['list', 'ruleset']);
      const before = refusalCounts(await listing());
      const got = await attempt(lab, `attack:${name}:blocked;`);
      const after = refusalCounts(await listing());
      const counted = rules.filter((rule) => (after[rule] ?? 0) > (before[rule] ?? 0));
      await takeAway(rules, lab.run);
      for (const call of loosen?.(lab) ?? []) await shell(lab, call);
      const control = await untilSucceeds(() => attempt(lab, `attack:${name}:control;`));
      for (const call of tighten?.(lab) ?? []) await shell(lab, call);
      const wrong = await lab.network.mend();
      if (wrong === undefined)
        throw new Error(`${name}: the product did not see that ${rules.join(', ')} was gone`);
      const seen = counted.length > 0 ? counted.join(', ') : (earlier ?? '');
      return { blocked: !got && seen !== '', control, seen };
    },
  };
}

/** Deletes the rules of these names, wherever they are. */
export async function takeAway(names: readonly RefusalName[], run: Commands): Promise<void> {
  for (const family of ['inet', 'netdev']) {
    const table = await run('nft', ['-a', 'list', 'table', family, 'bellows']);
    let chain = '';
    const lines: string[] = [];
    for (const line of table.split('\n')) {
      chain = /^\s*chain (\S+) \{/.exec(line)?.[1] ?? chain;
      const [, name, handle] = /comment "(\S+)" # handle (\d+)/.exec(line) ?? [];
      if (names.some((one) => one === name))
        lines.push(`delete rule ${family} bellows ${chain} handle ${handle}`);
    }
    if (lines.length > 0) await run('nft', ['-f', '-'], `${lines.join('\n')}\n`);
  }
}

/** A control may need a second: a route, or an address, has to settle. */
async function untilSucceeds(attempt: () => Promise<boolean>): Promise<boolean> {
  for (let time = 0; time < 3; time++) if (await attempt()) return true;
  return false;
}

async function shell(lab: Lab, call: string): Promise<void> {
  const [program = '', ...args] = call.split(' ');
  await lab.run(program, args);
}

export interface Sighting {
  packets: number;
  bytes: number;
}

/** How many packets, and bytes, with this mark have come to a witness; or, at the host, have left by a tap. */
export async function sighted(
  lab: Lab,
  at: Role,
  mark: string,
  way: 'coming' | 'leaving' = 'coming',
): Promise<Sighting> {
  const name = mark.replace(/^attack:/, '').replace(/;$/, '');
  const key = way === 'leaving' ? `leaving ${name}` : name;
  let before: Sighting = { packets: 0, bytes: 0 };
  for (let look = 0; look < 10; look++) {
    const now = (await lab.witnesses[at].sightings())[key] ?? { packets: 0, bytes: 0 };
    // What was sent has been dealt with by now; the looks only give the witness's own processor time.
    if (now.packets > 0 && now.packets === before.packets) return now;
    before = now;
    await pause(20);
  }
  return before;
}

/** For what takes time by its nature: a rate, a witness's next look. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
