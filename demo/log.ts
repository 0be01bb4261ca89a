import { PassThrough } from 'node:stream';
import pc from 'picocolors';
import { z } from 'zod';
import { PinoLog } from '../src/adapters/log-pino/log.ts';
import type { Log } from '../src/ports/log.ts';

const line = z.looseObject({ level: z.string(), message: z.string() });

/** The log of everything that the demo starts: warnings and errors for people, or all of it as it is. */
export function demoLog(verbose: boolean, say: (text: string) => void): Log {
  if (verbose) return PinoLog.to('debug');
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => {
    for (const text of chunk.toString().trim().split('\n')) {
      const { level, message, time: _time, ...fields } = line.parse(JSON.parse(text));
      const paint = level === 'error' ? pc.red : pc.yellow;
      say(paint(`${level}: ${message} ${JSON.stringify(fields, withoutStack)}`.slice(0, 600)));
    }
  });
  return PinoLog.to('warn', stream);
}

/** Where in the code it happened is for `--verbose`. */
const withoutStack = (key: string, value: unknown): unknown => (key === 'stack' ? undefined : value);
