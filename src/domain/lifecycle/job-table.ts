// The job's machine: what each event means in each state. Printed into docs/lifecycle.md.

import type { Cell } from './cell.ts';
import { go, ignored } from './cell.ts';
import type { JobEvent, JobEventKind } from './events.ts';
import type { Job, JobState } from './job.ts';
import { learnFact, learnMissing, lookAgain, watchForeign } from './job-handlers.ts';

type JobCell<K extends JobEventKind> = Cell<Job, Extract<JobEvent, { kind: K }>, JobState>;
type JobTable = { readonly [S in JobState]: { readonly [K in JobEventKind]: JobCell<K> } };

const over = ignored('it is over: only `completed` absorbs');

export const jobTable = {
  waiting: {
    heard: go(learnFact, 'waiting', 'queued', 'running', 'done', 'lost'),
    'read-missing': go(learnMissing, 'waiting', 'lost'),
    deadline: go(lookAgain, 'waiting'),
  },
  queued: {
    heard: go(learnFact, 'waiting', 'queued', 'running', 'done', 'lost'),
    'read-missing': go(learnMissing, 'queued', 'waiting', 'lost'),
    deadline: go(lookAgain, 'queued'),
  },
  running: {
    heard: go(learnFact, 'running', 'done', 'lost'),
    'read-missing': go(learnMissing, 'running', 'lost'),
    deadline: go(lookAgain, 'running'),
  },
  done: {
    heard: go(learnFact, 'done'),
    'read-missing': over,
    deadline: over,
  },
  foreign: {
    heard: go(watchForeign, 'foreign', 'done'),
    'read-missing': ignored('a foreign job is never read'),
    deadline: ignored('a foreign job waits for nothing of ours'),
  },
  lost: {
    heard: go(learnFact, 'waiting', 'queued', 'running', 'done', 'lost'),
    'read-missing': go(learnMissing, 'lost'),
    deadline: ignored('GitHub no longer knows it: there is nothing to wait for'),
  },
} satisfies JobTable;
