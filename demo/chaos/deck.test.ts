import { expect, it } from 'vitest';
import { copies, Deck } from './deck.ts';

const cards = ['lost', 'late', ...copies(3, 'fine')];
const deal = (seed: number, count: number): string[] => {
  const deck = new Deck(seed, 'test', cards);
  return Array.from({ length: count }, () => deck.deal());
};

it('deals every card once before it is shuffled again', () => {
  const dealt = deal(7, cards.length * 3);
  for (let start = 0; start < dealt.length; start += cards.length)
    expect(dealt.slice(start, start + cards.length).sort()).toEqual([...cards].sort());
});

it('deals the same for the same seed, and differently for another', () => {
  expect(deal(7, 20)).toEqual(deal(7, 20));
  expect([1, 2, 3, 4].map((seed) => deal(seed, 20).join())).not.toEqual(copies(4, deal(7, 20).join()));
});
