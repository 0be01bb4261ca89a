// Log lines as JSON, one a line. Errors are written with their chain of causes, but only with name, message and stack: what
// libraries hang on their errors (requests with headers, answers with tokens) stays out (I8).

import { type DestinationStream, type Logger, pino } from 'pino';
import type { Log, LogFields } from '../../ports/log.ts';
import type { OwnLog } from '../../ports/own-log.ts';
import { RecentLines } from './recent-lines.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** How deep a chain of causes is followed. */
const longestChain = 10;

export class PinoLog implements Log {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Writes to `destination`, standard error by default: standard output is for the answers of commands. */
  static to(level: LogLevel, destination: DestinationStream = pino.destination(2)): PinoLog {
    const options = {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
    };
    return new PinoLog(pino(options, destination));
  }

  /** Writes to standard error, and remembers the last of it. */
  static remembering(level: LogLevel): { log: PinoLog; own: OwnLog } {
    const own = new RecentLines(pino.destination(2));
    return { log: PinoLog.to(level, own), own };
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#logger.debug(plain(fields), message);
  }
  info(message: string, fields: LogFields = {}): void {
    this.#logger.info(plain(fields), message);
  }
  warn(message: string, fields: LogFields = {}): void {
    this.#logger.warn(plain(fields), message);
  }
  error(message: string, fields: LogFields = {}): void {
    this.#logger.error(plain(fields), message);
  }
  with(fields: LogFields): Log {
    return new PinoLog(this.#logger.child(plain(fields)));
  }
}

const plain = (fields: LogFields): LogFields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? chainOf(value) : value]),
  );

function chainOf(error: Error): { message: string; stack: string | undefined; causes: string[] } {
  const causes: string[] = [];
  for (let cause = error.cause; cause !== undefined && causes.length < longestChain; ) {
    causes.push(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return { message: `${error.name}: ${error.message}`, stack: error.stack, causes };
}
