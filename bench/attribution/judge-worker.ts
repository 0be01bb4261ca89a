// A thread that judges the weeks that it is told to, one after the other.

import { parentPort, workerData } from 'node:worker_threads';
import type { Rules } from '../../src/domain/attribution/rules.ts';
import { judgeWeek } from './judge-week.ts';
import { weekOf } from './week.ts';

const rules: Rules = workerData;
parentPort?.on('message', (seed: number) => parentPort?.postMessage(judgeWeek(weekOf(seed), rules)));
