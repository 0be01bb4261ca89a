// A table of transitions has a cell for every state and event. A cell either acts or says why it does not: there is no
// third way, and a hole does not compile.

import type { Instant } from '../time.ts';
import type { Timing } from './deadlines.ts';
import type { Outcome } from './effects.ts';

/** What a transition may know of the world besides the state and the event. */
export interface Moment {
  now: Instant;
  timing: Timing;
}

export type Handler<T, E> = (subject: T, event: E, moment: Moment) => Outcome<T>;

export type Cell<T, E, S> =
  | {
      kind: 'act';
      name: string;
      /** The states that may follow; the tests hold the handler to it. */
      to: readonly S[];
      // A method, not a property: its parameter is then compared both ways, which lets `transition…` call the cell of an event
      // without a cast. The table's own type has tied each cell to its event before.
      act(subject: T, event: E, moment: Moment): Outcome<T>;
    }
  /** Expected, and without consequence. */
  | { kind: 'ignored'; why: string }
  /** It cannot happen as things are today. Nothing changes, and the history says that it was seen. */
  | { kind: 'impossible'; why: string };

/** A cell that acts, with the states to which it may lead. */
export const go = <T, E, S extends string>(act: Handler<T, E>, ...to: readonly S[]): Cell<T, E, S> => ({
  kind: 'act',
  name: act.name,
  to,
  act,
});

export const ignored = (why: string): { kind: 'ignored'; why: string } => ({ kind: 'ignored', why });
export const impossible = (why: string): { kind: 'impossible'; why: string } => ({ kind: 'impossible', why });

/** Nothing happened. `next` is the very object that came in: the caller need not write it. */
export const unchanged = <T>(subject: T): Outcome<T> => ({ next: subject, asks: [], history: [] });
