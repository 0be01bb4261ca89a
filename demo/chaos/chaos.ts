// What goes wrong in `npm run demo -- --chaos`: the simulated GitHub loses, doubles, delays and turns around its webhooks, its
// API fails and its answers get lost, it gives jobs late and calls busy runners idle; and the agent and the control plane go
// down once each while jobs run. A seed chooses where it strikes; real time decides what meets it there.

import { seconds } from '../../src/domain/time.ts';
import type { CallFault, DeliveryFault } from '../../src/sim/github/faults.ts';
import { noFaults } from '../../src/sim/github/faults.ts';
import type { SimGithub } from '../../src/sim/github/sim-github.ts';
import type { Seen } from '../watch.ts';
import { copies, Deck } from './deck.ts';

export type InjectedKind =
  | 'delivery-lost'
  | 'delivery-lost-unseen'
  | 'delivery-never-sent'
  | 'delivery-doubled'
  | 'delivery-late'
  | 'deliveries-reversed'
  | 'call-failed'
  | 'call-lost-answer'
  | 'call-timeout'
  | 'busy-shown-idle'
  | 'late-assignment'
  | 'agent-killed'
  | 'server-restarted';

/** What can be done to the parts of the demo while it runs. */
export interface Victims {
  /** `kill -9`, and its supervisor starts another. */
  crashAgent(): Promise<void>;
  restartServer(): Promise<void>;
}

/** Fifteen deliveries see everything that can become of one. */
const deliveryCards: readonly (InjectedKind | 'fine')[] = [
  ...copies(2, 'delivery-lost' as const),
  'delivery-lost-unseen',
  'delivery-never-sent',
  ...copies(2, 'delivery-doubled' as const),
  'delivery-late',
  ...copies(2, 'deliveries-reversed' as const),
  ...copies(6, 'fine' as const),
];
const callCards: readonly (InjectedKind | 'fine')[] = [
  'call-failed',
  'call-lost-answer',
  'call-timeout',
  ...copies(9, 'fine' as const),
];

export class Chaos {
  readonly seed: number;
  readonly injected: Partial<Record<InjectedKind, number>> = {};
  readonly #say: (line: string) => void;
  /** What is done to agent and server goes one after the other. */
  #striking: Promise<void> = Promise.resolve();
  #isQuiet = true;
  #isOver = false;

  constructor(seed: number, say: (line: string) => void) {
    this.seed = seed;
    this.#say = say;
  }

  /** From now on GitHub is at its worst. */
  brew({ world: { faults } }: SimGithub): void {
    const deliveries = new Deck(this.seed, 'deliveries', deliveryCards);
    const calls = new Deck(this.seed, 'calls', callCards);
    const lateness = new Deck(this.seed, 'assignment', [true, true, false]);
    faults.delivery = ({ event }) =>
      event === 'workflow_job' ? this.#delivery(deliveries.deal()) : { kind: 'deliver' };
    faults.call = () => this.#call(calls.deal());
    faults.shownIdle = ({ job }) => job !== undefined && this.#strikes('busy-shown-idle');
    faults.assignmentDelayMs = () => (lateness.deal() && this.#strikes('late-assignment') ? seconds(4) : 0);
  }

  #delivery(card: InjectedKind | 'fine'): DeliveryFault {
    if (card === 'fine' || !this.#strikes(card)) return { kind: 'deliver' };
    switch (card) {
      case 'delivery-lost':
        return { kind: 'lost' };
      case 'delivery-lost-unseen':
        return { kind: 'lost-unseen' };
      case 'delivery-never-sent':
        return { kind: 'never-sent' };
      case 'delivery-doubled':
        return { kind: 'double', afterMs: seconds(1) };
      case 'delivery-late':
        return { kind: 'delay', ms: seconds(6) };
      default:
        return { kind: 'reverse', withinMs: seconds(30) };
    }
  }

  #call(card: InjectedKind | 'fine'): CallFault {
    if (card === 'fine' || !this.#strikes(card)) return { kind: 'none' };
    switch (card) {
      case 'call-lost-answer':
        return { kind: 'lost-answer', afterMs: 200 };
      case 'call-timeout':
        return { kind: 'timeout', ms: seconds(1) };
      default:
        return { kind: 'refused', status: 502 };
    }
  }

  /**
   * Looks at the demo as it goes, and strikes in the midst of the work: at the agent first, and when that is back, at the
   * server. That a job runs may be news that was lost, so the first that has ended tells of the midst as well.
   */
  look({ jobs }: Seen, victims: Victims): void {
    const has = (...states: string[]): boolean => jobs.some(({ state }) => states.includes(state));
    const isInTheMidst = has('running') || (has('done') && has('waiting', 'queued'));
    if (this.#isOver || !isInTheMidst) return;
    if (this.injected['agent-killed'] === undefined) {
      this.#strike('agent-killed', 'the agent is killed (kill -9) and started again', () =>
        victims.crashAgent(),
      );
    } else if (this.injected['server-restarted'] === undefined && this.#isQuiet) {
      this.#strike('server-restarted', 'the control plane and its database go down and come back', () =>
        victims.restartServer(),
      );
    }
  }

  #strike(kind: InjectedKind, line: string, blow: () => Promise<void>): void {
    this.#count(kind);
    this.#isQuiet = false;
    this.#say(`chaos: ${line}`);
    this.#striking = blow().finally(() => {
      this.#isQuiet = true;
    });
    // Who waits for the end of it hears of its failure.
    this.#striking.catch(() => {});
  }

  /** Ends all faults and waits until whatever is being started again is up. @throws when it does not come up. */
  async end({ world: { faults } }: SimGithub): Promise<void> {
    this.#isOver = true;
    Object.assign(faults, noFaults());
    await this.#striking;
  }

  #count(kind: InjectedKind): void {
    this.injected[kind] = (this.injected[kind] ?? 0) + 1;
  }

  #strikes(kind: InjectedKind): boolean {
    if (this.#isOver) return false;
    this.#count(kind);
    return true;
  }

  /** A chaos in which nobody fell is none. */
  faults(): readonly string[] {
    return (['delivery-lost', 'call-failed', 'agent-killed', 'server-restarted'] as const)
      .filter((kind) => this.injected[kind] === undefined)
      .map((kind) => `chaos: ${kind} never happened`);
  }
}
