// How often V8 collects garbage. The bodies of webhook deliveries lie outside of its heap, but count: a server with little in its
// heap was made to look through all of it every 400 deliveries, which took a third of its time.

import { setFlagsFromString } from 'node:v8';

/** How much more than what is alive may lie there before V8 looks for garbage, in percent: four times as much in all. */
const growingPercent = 300;

/** For a process that mostly passes bytes on. Costs memory, at most so many times what is alive; see the flags of V8. */
export function collectSeldom(): void {
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`);
}
