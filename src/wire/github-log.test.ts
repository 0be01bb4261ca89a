import { expect, it } from 'vitest';
import { linesOfTail } from './github-log.ts';

const lines = (text: string) => linesOfTail(new TextEncoder().encode(text));

it('are told without time stamps and colours', () => {
  expect(
    lines(
      '\uFEFF2026-03-01T10:00:00.1234567Z \u001b[36;1mmake\u001b[0m\n2026-03-01T10:00:01.1234567Z ##[error]x\r\n',
    ),
  ).toEqual(['make', '##[error]x']);
});

it('leave out the one of which the beginning was cut off', () => {
  expect(lines('et=x\n2026-03-01T10:00:00.1234567Z done')).toEqual(['done']);
  expect(lines('only this')).toEqual(['only this']);
  expect(lines('')).toEqual([]);
});

it('bear what was cut inside of a character', () => {
  expect(linesOfTail(new Uint8Array([0xa9, 0x0a, 0x6f, 0x6b]))).toEqual(['ok']);
});
