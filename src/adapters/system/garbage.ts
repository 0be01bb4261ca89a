// How V8 collects garbage. The bodies of webhook deliveries lie outside of its heap, but count: a server with little in its heap was
// made to look through all of it every 400 deliveries, which took a third of its time, and all that came meanwhile waited 20 ms.

import { setFlagsFromString } from 'node:v8';

/** How much more than what is alive may lie there before V8 looks for garbage in all of it, in percent: four times as much in all. */
const growingPercent = 300;

/**
 * How full the place of what is new may become before V8 looks for garbage there, in percent; mostly it finds nothing else, within
 * a millisecond. At its own 80 % what bodies lie there counts for more than it may, and V8 looks through everything instead.
 */
const youngPercent = 25;

/**
 * For a process that mostly passes bytes on: what is new is looked through often, and everything seldom. Costs memory, at most so
 * many times what is alive; see the flags of V8.
 */
export function collectSeldom(): void {
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`);
  setFlagsFromString(`--minor-gc-task-trigger=${youngPercent}`);
}
