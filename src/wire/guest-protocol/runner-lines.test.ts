import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';
import { parseRunnerLine } from './runner-lines.ts';

describe("the runner's output", () => {
  it.each([
    ['2026-11-24 11:53:01Z: Listening for Jobs', { kind: 'listening' }],
    [
      '2026-11-24 11:53:01Z: Running job: build (20, linux)',
      { kind: 'job-started', jobName: 'build (20, linux)' },
    ],
    [
      '2026-11-24 11:54:01Z: Job build (20, linux) completed with result: Failed',
      { kind: 'job-ended', jobName: 'build (20, linux)', result: 'Failed' },
    ],
    [
      '2026-11-24 11:54:01Z: Job Job a completed with result: x completed with result: Succeeded',
      { kind: 'job-ended', jobName: 'Job a completed with result: x', result: 'Succeeded' },
    ],
    ['√ Connected to GitHub', undefined],
    ['Running job: not from the runner', undefined],
    ['echo 2026-11-24 11:53:01Z: Listening for Jobs', undefined],
  ])('%s', (line, expected) => {
    expect(parseRunnerLine(line)).toEqual(expected);
  });

  it('is cut into lines, also where a character is torn', () => {
    const splitter = new LineSplitter(10);
    const bytes = new TextEncoder().encode('√ one\r\ntwo\n0123456789abc\nrest');
    const lines = [...bytes].flatMap((byte) => splitter.feed(Uint8Array.of(byte)));
    expect([...lines, ...splitter.end()]).toEqual(['√ one', 'two', '0123456789', 'abc', 'rest']);
  });
});
