// What goes wrong in a simulated week, and what it does to the jobs that it meets. This is the truth that the rules are
// judged by; they never see it.

import type { Dice } from './dice.ts';
import type { Phase, World } from './world.ts';

export const causes = [
  'github-delivery',
  'github-api',
  'github-assignment',
  'bellows',
  'fleet',
  'host',
  'network',
  'workflow',
] as const;
export type Cause = (typeof causes)[number];

export interface Fault {
  cause: Cause;
  /** The host or the repository; `all` for everything. */
  subject: string;
  from: number;
  to: number;
  /** Phases take so many times as long. */
  slower: Partial<Record<Phase, number>>;
  /** The share of jobs that it makes fail. */
  failing: number;
  /** The share of jobs that wait for room, and for how long in the middle. */
  waiting?: { share: number; medianMs: number };
}

/** Down to one and a half; most are not much larger. */
const factorOf = (dice: Dice): number => 1.5 * Math.exp(Math.abs(dice.normal()) * 0.6);

export function faultOf(dice: Dice, world: World, from: number): Fault {
  const cause = dice.pick(causes);
  const to = from + Math.exp(dice.between(Math.log(40), Math.log(480))) * 60_000;
  const factor = factorOf(dice);
  const fails = dice.unit() < 0.25;
  const base = { cause, subject: 'all', from, to, failing: 0 };
  const slow = (slower: Fault['slower']): Fault =>
    fails ? { ...base, slower: {}, failing: dice.between(0.35, 0.9) } : { ...base, slower };
  /** What follows from it elsewhere, weaker. */
  const bleed = 1 + (Math.min(factor, 3) - 1) * dice.between(0, 0.3);
  switch (cause) {
    case 'github-delivery':
      return { ...base, slower: { delivery: factor } };
    case 'github-api':
      return slow({ registering: factor });
    case 'github-assignment':
      return { ...base, slower: { assigning: factor } };
    case 'bellows':
      // A database that is slow makes both slow; what is fast anyway must get much slower before anybody minds.
      return slow({ noticing: 6 * factor, placing: 1 + 4 * dice.unit() });
    case 'fleet':
      return { ...base, slower: { booting: 1 + 0.1 * dice.unit() }, waiting: waitingOf(dice, world, factor) };
    case 'host': {
      const subject = dice.pick(world.hosts).name;
      return { ...slow({ booting: factor, starting: factor, running: bleed, clearing: bleed }), subject };
    }
    case 'network':
      return slow({ connecting: factor, running: bleed });
    case 'workflow': {
      // What nobody runs nobody breaks: by weight.
      const repository = weighted(dice, world);
      return { ...slow({ running: factor }), subject: repository };
    }
  }
}

const waitingOf = (dice: Dice, { queueing }: World, factor: number): NonNullable<Fault['waiting']> => ({
  share: Math.min(0.95, Math.max(0.5, queueing.share * factor) + dice.between(0, 0.3)),
  medianMs: queueing.medianMs * factor,
});

/** By how many runs it has; those with a fifth of the most or less are left alone: nobody could tell within minutes. */
function weighted(dice: Dice, world: World): string {
  const most = Math.max(...world.repositories.map(({ weight }) => weight));
  const repositories = world.repositories.filter(({ weight }) => weight > most / 5);
  const total = repositories.reduce((sum, { weight }) => sum + weight, 0);
  let left = dice.unit() * total;
  for (const { name, weight } of repositories) {
    left -= weight;
    if (left < 0) return name;
  }
  return repositories[0]?.name ?? '';
}
