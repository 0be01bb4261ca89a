// Everywhere that a program can get the real time, real chance, a real timer or the real network from. Each module is taken
// as the object that its importers share, so that a trap on it is met by all of them.

import crypto from 'node:crypto';
import process from 'node:process';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';

export interface Place {
  owner: object;
  key: string;
  /** What people call it. */
  name: string;
}

const of = (prefix: string, owner: object, keys: readonly string[]): readonly Place[] =>
  keys.map((key) => ({ owner, key, name: `${prefix}${key}` }));

const timerNames = ['setTimeout', 'setInterval', 'setImmediate'];

/** Functions that are not to be called. `Date` itself is none of them: with arguments it computes. */
export const forbiddenPlaces: readonly Place[] = [
  ...of('Date.', Date, ['now']),
  ...of('Math.', Math, ['random']),
  ...of('', globalThis, [...timerNames, 'fetch']),
  ...of('node:timers ', timers, timerNames),
  ...of('node:timers/promises ', timersPromises, timerNames),
  ...of('AbortSignal.', AbortSignal, ['timeout']),
  ...of('performance.', Object.getPrototypeOf(performance), ['now']),
  ...of('process.', process, ['hrtime']),
  ...of('crypto.', crypto, [
    'randomBytes',
    'randomFill',
    'randomFillSync',
    'randomInt',
    'randomUUID',
    'generateKeyPair',
    'generateKeyPairSync',
    'generateKey',
    'generateKeySync',
  ]),
  ...of('crypto.', Crypto.prototype, ['randomUUID', 'getRandomValues']),
  ...of('crypto.subtle.', SubtleCrypto.prototype, [
    'digest',
    'encrypt',
    'decrypt',
    'sign',
    'verify',
    'generateKey',
    'importKey',
    'exportKey',
    'deriveBits',
    'deriveKey',
    'wrapKey',
    'unwrapKey',
  ]),
];
