// One line per step, on stderr, so that a command's own output stays clean.

/** Says what is being done, does it, and says how long it took. `work` may be asynchronous. */
export async function step(what, work) {
  const begun = Date.now();
  process.stderr.write(`${what} ...\n`);
  const result = await work();
  process.stderr.write(`  done in ${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
  return result;
}

export function say(text) {
  process.stderr.write(`${text}\n`);
}
