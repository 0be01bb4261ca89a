import type { Log, LogFields } from '../../ports/log.ts';
import type { Lifeline } from '../crash-points.ts';
import type { Trace } from './trace.ts';

/** What a process logs goes into the trace; a dead one is silent, whatever its code still does. */
export function processLog(
  trace: Trace,
  who: string,
  life: Pick<Lifeline, 'dead'>,
  more: LogFields = {},
): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      if (life.dead) return;
      const { error, ...rest } = { ...more, ...fields };
      trace.write(who, `${level}: ${message}`, {
        ...rest,
        ...(error === undefined ? {} : { error: error instanceof Error ? error.message : String(error) }),
      });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => processLog(trace, who, life, { ...more, ...fields }),
  };
}
