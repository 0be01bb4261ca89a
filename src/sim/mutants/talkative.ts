// Mutants that tell people too little or too much of what is wrong: what they have told is lost on its way into the database.

import type { AlertState } from '../../domain/alerts/tell.ts';
import { alter, alterStore } from './alter.ts';
import type { Mutant } from './mutant.ts';

/** The book of what was told is kept as `change` makes it. */
const misremembers = (change: (state: AlertState, before: AlertState | undefined) => AlertState) => () => ({
  deps: alterStore((tx) => ({
    loops: alter(tx.loops, {
      put: async (loop, state) => {
        if (loop !== 'alerts') return tx.loops.put(loop, state);
        await tx.loops.put('alerts', change(state as AlertState, await tx.loops.get('alerts')));
      },
    }),
  })),
});

export const talkative: readonly Mutant[] = [
  {
    name: 'forgets what it has told before it is over',
    caughtBy: 'what was told to be wrong is told to be over',
    make: misremembers((state) => ({
      ...state,
      alerts: Object.fromEntries(
        Object.entries(state.alerts).filter(([, { clearSince }]) => clearSince === undefined),
      ),
    })),
  },
  {
    name: 'forgets that it has sent a message',
    caughtBy: 'nobody is told twice',
    make: misremembers((state, before) => {
      const isSent = before !== undefined && state.outbox.length < before.outbox.length;
      return isSent ? { ...state, outbox: before.outbox } : state;
    }),
  },
  {
    name: 'forgets when it last told anything',
    caughtBy: 'alerts come at most once a minute',
    make: misremembers(({ lastMessageAt: _, ...state }) => state),
  },
];
