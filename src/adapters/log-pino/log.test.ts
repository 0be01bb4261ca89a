import { describe, expect, it } from 'vitest';
import { Secret } from '../../ports/secret.ts';
import { type LogLevel, PinoLog } from './log.ts';

function capture(level: LogLevel = 'debug') {
  const lines: string[] = [];
  return { log: PinoLog.to(level, { write: (line) => void lines.push(line) }), lines };
}
const parsed = (lines: string[]) => lines.map((line) => JSON.parse(line));

describe('the log', () => {
  it('writes a line of JSON with the fields, those of its ancestors too', () => {
    const { log, lines } = capture();
    log.with({ host: 'host-1' }).with({ vm: 'vm-1' }).info('vm started', { ms: 12 });
    expect(parsed(lines)).toMatchObject([
      { level: 'info', message: 'vm started', host: 'host-1', vm: 'vm-1', ms: 12 },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = capture('warn');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(parsed(lines).map(({ message }) => message)).toEqual(['c', 'd']);
  });

  it('writes an error with its whole chain', () => {
    const { log, lines } = capture();
    const error = new Error('cannot register', { cause: new Error('HTTP 502', { cause: 'socket' }) });
    log.error('effect failed', { error });
    expect(parsed(lines)[0].error).toMatchObject({
      message: 'Error: cannot register',
      causes: ['Error: HTTP 502', 'socket'],
    });
  });

  it('ends at a chain that bites its tail', () => {
    const { log, lines } = capture();
    const error = new Error('round');
    error.cause = error;
    log.error('x', { error });
    expect(parsed(lines)[0].error.causes).toHaveLength(10);
  });

  it('writes no secret, neither in a field nor hung on an error', () => {
    const { log, lines } = capture();
    const request = { headers: { authorization: 'token ghs_s3cret' } };
    const error = new Error('no', { cause: Object.assign(new Error('inner'), { request }) });
    log.error('x', { token: new Secret('s3cret'), error: Object.assign(error, { request }) });
    expect(lines.join()).not.toContain('s3cret');
    expect(parsed(lines)[0].token).toBe('***');
  });
});
