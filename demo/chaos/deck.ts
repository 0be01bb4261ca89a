import { Dice } from '../../src/sim/swarm/dice.ts';

/**
 * Deals what happens at each occasion from a shuffled deck, and shuffles it again when it is empty. With few occasions each
 * card still comes about as often as it lies in the deck, which dice do not promise.
 */
export class Deck<Card> {
  readonly #cards: readonly Card[];
  readonly #dice: Dice;
  #left: Card[] = [];

  /** @param purpose the same seed shuffles the decks of two purposes differently */
  constructor(seed: number, purpose: string, cards: readonly Card[]) {
    if (cards.length === 0) throw new Error('bug: a deck without cards');
    this.#cards = cards;
    this.#dice = new Dice(seed, purpose);
  }

  deal(): Card {
    if (this.#left.length === 0) this.#left = this.#dice.shuffled(this.#cards);
    const [card, ...left] = this.#left;
    if (card === undefined) throw new Error('bug: the deck is empty');
    this.#left = left;
    return card;
  }
}

export const copies = <Card>(count: number, card: Card): Card[] => Array.from({ length: count }, () => card);
