// Everywhere that a program can get the real time, real chance, a real timer, the real network or this machine's files from.
// Each module is taken as the object that its importers share, so that a trap on it is met by all of them.

import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
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

/** What waits for the disk or a child on the spot makes no resource of Node's that a hook could notice. */
const onTheSpot = (module: object): readonly string[] =>
  Object.entries(module).flatMap(([key, value]) =>
    key.endsWith('Sync') && typeof value === 'function' ? [key] : [],
  );

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
  ...of('process.hrtime.', process.hrtime, ['bigint']),
  ...of('process.', process, ['hrtime', 'uptime', 'cpuUsage', 'memoryUsage']),
  ...of('os.', os, ['uptime', 'loadavg', 'freemem', 'hostname']),
  ...of('Atomics.', Atomics, ['wait', 'waitAsync']),
  ...of('fs.', fs, onTheSpot(fs)),
  ...of('child_process.', childProcess, onTheSpot(childProcess)),
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
