import { expect, it } from 'vitest';
import { whyNoAnswer } from './why-no-answer.ts';

const failed = (cause: unknown): Error => new TypeError('fetch failed', { cause });
const coded = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

it.each([
  ['the code of a system error', failed(coded('ECONNREFUSED')), 'connection refused'],
  [
    'the first of several addresses',
    failed(new AggregateError([coded('ENETUNREACH'), coded('ETIMEDOUT')])),
    'no way to that network',
  ],
  ['a time that is up', new DOMException('aborted', 'TimeoutError'), 'no answer'],
  [
    'the words of what is no system error',
    failed(new Error('self-signed certificate')),
    'self-signed certificate',
  ],
  ['the code that Node has for what it does not know', failed(coded('EWEIRD')), 'connect EWEIRD'],
  ['what is no error at all', 'nothing', 'nothing'],
])('the reason is %s', (_, error, why) => {
  expect(whyNoAnswer(error)).toBe(why);
});
