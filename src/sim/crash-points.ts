// Kills or disturbs one process of the product at a chosen port call, before or after its effect. A dead process's promises
// never settle: whatever its code was waiting for, it waits for ever, as the real one would.

export type PointKind = 'crash-before' | 'crash-after' | 'fail-before' | 'fail-after';

export interface Point {
  /** The how-manieth call of any watched port, from 1. */
  call: number;
  kind: PointKind;
}

/** The life of one process. All ports that it uses are handed out by `watch`. */
export class Lifeline {
  readonly #point: Point | undefined;
  readonly #onDeath: () => void;
  #calls = 0;
  #dead = false;
  /** What the process holds open: a dead process's sockets are closed by its kernel. */
  readonly #held = new Set<() => void>();
  /** The name of the call at the chosen point, once it was reached. */
  reached: string | undefined;

  constructor(point: Point | undefined, onDeath: () => void = () => {}) {
    this.#point = point;
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
  hold(close: () => void): void {
    this.#held.add(close);
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
    return new Proxy(port, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => around(String(key), () => Reflect.apply(value, target, args));
      },
    });
  }

  async #counted(name: string, call: () => unknown): Promise<unknown> {
    if (this.#dead) return never();
    this.#calls += 1;
    const here = this.#point?.call === this.#calls ? this.#point.kind : undefined;
    if (here !== undefined) this.reached = name;
    if (here === 'crash-before') {
      this.kill();
      return never();
    }
    if (here === 'fail-before') throw new Error(`${name}: planted failure, nothing was done`);
    const value = await call();
    if (here === 'crash-after') this.kill();
    if (this.#dead) return never();
    if (here === 'fail-after') throw new Error(`${name}: planted failure, though it was done`);
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
