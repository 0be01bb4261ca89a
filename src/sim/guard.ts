// The simulated world may reach nothing real: no clock, no chance, no timer, no network, no disk. Traps on the globals catch
// who asks for one by name; a hook into Node catches what comes into being without being asked for by name. While a run is
// guarded, either fails it, with the stack that led there.

import { createHook } from 'node:async_hooks';
import { syncBuiltinESMExports } from 'node:module';
import { assert } from '../domain/bug.ts';
import { forbiddenPlaces, type Place } from './guard-places.ts';

export interface GuardOptions {
  /** Also notice resources that Node makes: timers, sockets, files, threads. */
  watchResources?: boolean;
  /** Whose calls count, by the file from the project's root on. The default: the sources, without their tests. */
  isSuspect?: (path: string) => boolean;
}

/** Something of ours reached for the real world. Its stack leads to the place. */
export class EscapeError extends Error {
  override readonly name = 'EscapeError';
}

/** What computes and no more: it comes and goes in an order of its own, which is always the same. */
const harmless = new Set(['PROMISE', 'TickObject', 'Microtask']);
const enough = 20;
const root = decodeURI(new URL('../../', import.meta.url).pathname);
const isSource = (path: string): boolean => path.startsWith('src/') && !path.endsWith('.test.ts');

/**
 * Does the work with the guard on, and takes it away afterwards.
 * @throws EscapeError when anything reached for the real world, even if the work itself caught the error and went on.
 */
export async function guarded<T>(work: () => Promise<T>, options: GuardOptions = {}): Promise<T> {
  const guard = new Guard(options);
  guard.on();
  try {
    return await work();
  } finally {
    guard.off();
    guard.check();
  }
}

class Guard {
  readonly #escapes: EscapeError[] = [];
  readonly #isSuspect: (path: string) => boolean;
  readonly #hook: ReturnType<typeof createHook> | undefined;
  #undo: (() => void)[] = [];
  #isOn = false;

  constructor({ watchResources = true, isSuspect = isSource }: GuardOptions) {
    this.#isSuspect = isSuspect;
    if (!watchResources) return;
    this.#hook = createHook({
      // Promises are harmless, and a hook on each would cost more than the run.
      trackPromises: false,
      init: (_id, type) => {
        // Whatever is thrown here ends the process: it is kept for the end of the run.
        if (!harmless.has(type)) this.#note(`a ${type}`);
      },
    });
  }

  on(): void {
    this.#isOn = true;
    const forbid = (name: string): void => {
      const found = this.#isOn ? this.#note(name) : undefined;
      if (found !== undefined) throw found;
    };
    this.#undo = [...forbiddenPlaces.map((place) => trap(place, forbid)), trapDate(forbid)];
    syncBuiltinESMExports();
    this.#hook?.enable();
  }

  off(): void {
    this.#hook?.disable();
    this.#isOn = false;
    for (const undo of this.#undo.splice(0).reverse()) undo();
    syncBuiltinESMExports();
  }

  check(): void {
    const [first] = this.#escapes;
    if (first !== undefined) throw first;
  }

  /** An escape, when the nearest code that is ours is a suspect: what the test runner does by itself is none. */
  #note(what: string): EscapeError | undefined {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 100;
    const error = new EscapeError(`the simulated world reached for ${what}`);
    const stack = error.stack ?? '';
    Error.stackTraceLimit = stackTraceLimit;
    const caller = nearest(stack);
    if (caller === undefined || !this.#isSuspect(caller.path)) return undefined;
    error.message += ` in ${caller.name} (${caller.path})`;
    error.stack = `${error.name}: ${error.message}\n${stack.slice(stack.indexOf('\n    at ') + 1)}`;
    if (this.#escapes.length < enough) this.#escapes.push(error);
    return error;
  }
}

/** The first frame in the project that is neither the guard's nor a package's. */
function nearest(stack: string): { name: string; path: string } | undefined {
  for (const line of stack.split('\n')) {
    const [, file] = /((?:file:\/\/)?\/[^()]*?\.[cm]?[jt]s)(?::\d+){1,2}\)?$/.exec(line) ?? [];
    const path = file?.replace('file://', '');
    if (path === undefined || !path.startsWith(root)) continue;
    const local = path.slice(root.length);
    if (local.startsWith('node_modules/') || /^src\/sim\/guard(-places)?\.ts$/.test(local)) continue;
    const [, name = 'a function without a name'] = /at (?:async )?(.+?) \(/.exec(line) ?? [];
    return { name, path: local };
  }
  return undefined;
}

/** Puts a trap before a function; gives the way to take it away. */
function trap({ owner, key, name }: Place, forbid: (name: string) => void): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, key);
  assert(own !== undefined && typeof own.value === 'function', `there is no ${name}`);
  return replace(owner, key, own, {
    apply(target, self, args) {
      forbid(name);
      return Reflect.apply(target, self, args);
    },
  });
}

function trapDate(forbid: (name: string) => void): () => void {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'Date');
  assert(own !== undefined, 'there is no Date');
  return replace(globalThis, 'Date', own, {
    apply(target, self, args) {
      forbid('Date()');
      return Reflect.apply(target, self, args);
    },
    construct(target, args, newTarget) {
      if (args.length === 0) forbid('new Date()');
      return Reflect.construct(target, args, newTarget);
    },
  });
}

function replace(
  owner: object,
  key: string,
  own: PropertyDescriptor,
  handler: ProxyHandler<(...args: unknown[]) => unknown>,
): () => void {
  const trapped = new Proxy(own.value, handler);
  Object.defineProperty(owner, key, { ...own, value: trapped });
  return () => {
    // A run that was given up may end when the next has set its own traps: those stay.
    if (Object.getOwnPropertyDescriptor(owner, key)?.value === trapped)
      Object.defineProperty(owner, key, own);
  };
}
