// Kills or disturbs one process of the product at a chosen port call, before or after its effect. A dead process's promises
// never settle: whatever its code was waiting for, it waits for ever, as the real one would.

export type PointKind = 'crash-before' | 'crash-after' | 'fail-before' | 'fail-after';

export interface Point {
  /** The how-manieth call of any watched port, from 1. */
  call: number;
  kind: PointKind;
}

/** What happens at a port call: the process dies there, or the call fails; nothing when undefined. */
export type Blow = 'crash' | 'fail' | undefined;

/** Asked before and after each call of a watched port; `call` counts from 1. */
export type Fate = (name: string, when: 'before' | 'after', call: number) => Blow;

/** The one blow at a chosen call. */
const fateOf =
  (point: Point): Fate =>
  (_name, when, call) => {
    if (call !== point.call || !point.kind.endsWith(when)) return undefined;
    return point.kind.startsWith('crash') ? 'crash' : 'fail';
  };

/** The life of one process. All ports that it uses are handed out by `watch`. */
export class Lifeline {
  readonly #fate: Fate;
  readonly #onDeath: () => void;
  #calls = 0;
  #dead = false;
  /** What the process holds open: a dead process's sockets are closed by its kernel. */
  readonly #held = new Set<() => void>();
  /** The name of the call at the chosen point, once it was reached. */
  reached: string | undefined;

  constructor(fate: Fate | Point | undefined, onDeath: () => void = () => {}) {
    this.#fate = typeof fate === 'function' ? fate : fate === undefined ? () => undefined : fateOf(fate);
    this.#onDeath = onDeath;
  }

  get calls(): number {
    return this.#calls;
  }

  get dead(): boolean {
    return this.#dead;
  }

  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    for (const close of this.#held) close();
    this.#onDeath();
  }

  /** Closes something of the process when it dies. */
  hold(close: () => void): { release(): void } {
    this.#held.add(close);
    return { release: () => void this.#held.delete(close) };
  }

  /** A port all of whose methods give promises, counted, and cut off at death. */
  watch<T extends object>(name: string, port: T): T {
    return this.#wrap(port, (method, call) => this.#counted(`${name}.${method}`, call));
  }

  /** A port whose calls are no points of interest; cut off at death all the same. */
  bind<T extends object>(port: T): T {
    return this.#wrap(port, (_method, call) => {
      const given = call();
      return given instanceof Promise ? this.#untilDeath(given) : given;
    });
  }

  #wrap<T extends object>(port: T, around: (method: string, call: () => unknown) => unknown): T {
    const wrapped = new Map<string | symbol, { value: unknown; call: (...args: unknown[]) => unknown }>();
    return new Proxy(port, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        const known = wrapped.get(key);
        if (known?.value === value) return known.call;
        const call = (...args: unknown[]): unknown =>
          around(String(key), () => Reflect.apply(value, target, args));
        wrapped.set(key, { value, call });
        return call;
      },
    });
  }

  /** A call of something that `watch` cannot wrap; its end counts as part of the latest call. */
  pass(name: string, when: 'before' | 'after'): Promise<never> | undefined {
    return this.#pass(name, when, when === 'before' ? this.#next() : this.#calls);
  }

  #next(): number {
    if (!this.#dead) this.#calls += 1;
    return this.#calls;
  }

  #pass(name: string, when: 'before' | 'after', call: number): Promise<never> | undefined {
    if (this.#dead) return never();
    const blow = this.#fate(name, when, call);
    if (blow === undefined) return undefined;
    this.reached = name;
    if (blow === 'fail')
      throw new Error(`${name}: planted failure, ${when === 'before' ? 'nothing' : 'though it'} was done`);
    this.kill();
    return never();
  }

  async #counted(name: string, work: () => unknown): Promise<unknown> {
    const call = this.#next();
    const stop = this.#pass(name, 'before', call);
    if (stop !== undefined) await stop;
    const value = await work();
    const stopAfter = this.#pass(name, 'after', call);
    if (stopAfter !== undefined) await stopAfter;
    return value;
  }

  async #untilDeath(given: Promise<unknown>): Promise<unknown> {
    try {
      const value = await given;
      return this.#dead ? never() : value;
    } catch (error) {
      if (this.#dead) return never();
      throw error;
    }
  }
}

function never(): Promise<never> {
  return new Promise<never>(() => {});
}
