import type { Log } from '../ports/log.ts';

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export async function untilTold(log: Log): Promise<void> {
  await new Promise<void>((resolve) => {
    let told = false;
    const hear = (signal: NodeJS.Signals): void => {
      if (told) process.exit(130);
      told = true;
      log.info('stopping; once more to stop at once', { signal });
      resolve();
    };
    process.on('SIGINT', hear);
    process.on('SIGTERM', hear);
  });
}
