import { expect, it } from 'vitest';
import { instantOf } from '../../domain/time.ts';
import { PinoLog } from './log.ts';
import { RecentLines } from './recent-lines.ts';

const line = (second: number, text: string): string =>
  `{"level":"info","time":"2026-01-01T00:00:0${second}.000Z","message":"${text}"}\n`;
const at = (second: number) => instantOf(Date.parse(`2026-01-01T00:00:0${second}.000Z`));

function recent(limits?: { lines: number; bytes: number }) {
  const written: string[] = [];
  const lines = new RecentLines({ write: (text: string) => void written.push(text) }, limits);
  return { written, lines };
}

it('passes every line on as it is, and gives the last of them', () => {
  const { written, lines } = recent();
  for (const n of [1, 2, 3]) lines.write(line(n, `m${n}`));
  expect(written).toEqual([1, 2, 3].map((n) => line(n, `m${n}`)));
  expect(lines.read({ count: 2 })).toEqual([line(2, 'm2').trim(), line(3, 'm3').trim()]);
  expect(lines.read({ count: 9, since: at(3) })).toEqual([line(3, 'm3').trim()]);
});

it('keeps no more than it may, in lines and in bytes', () => {
  const { lines } = recent({ lines: 2, bytes: 10_000 });
  for (const n of [1, 2, 3]) lines.write(line(n, `m${n}`));
  expect(lines.read({ count: 9 })).toHaveLength(2);
  const small = recent({ lines: 99, bytes: 100 }).lines;
  for (const n of [1, 2, 3]) small.write(line(n, 'x'.repeat(20)));
  expect(small.read({ count: 9 })).toHaveLength(1);
});

it('is what a log writes to', () => {
  const { lines } = recent();
  PinoLog.to('info', lines).info('hello', { host: 'h' });
  expect(lines.read({ count: 1, since: at(0) })[0]).toContain('"host":"h","message":"hello"');
});
