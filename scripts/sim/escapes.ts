// An error that nobody catches ends a run, whatever the run itself says.

/** Does the work; what `crashed` makes of an error that escaped from it takes the place of its result. */
export async function orEscape<T>(work: () => Promise<T>, crashed: (error: unknown) => T): Promise<T> {
  const escaped = Promise.withResolvers<T>();
  const catchIt = (error: unknown): void => escaped.resolve(crashed(error));
  process.on('unhandledRejection', catchIt);
  process.on('uncaughtException', catchIt);
  try {
    const result = await Promise.race([work(), escaped.promise]);
    // Node tells of a rejection when no promise is left to be served, and a whole run is one row of promises.
    await new Promise<void>((resolve) => setImmediate(resolve));
    return await Promise.race([escaped.promise, Promise.resolve(result)]);
  } finally {
    process.off('unhandledRejection', catchIt);
    process.off('uncaughtException', catchIt);
  }
}
