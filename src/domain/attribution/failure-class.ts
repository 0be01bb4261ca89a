// Why a job failed, from what is known of it: what ended its VM, how GitHub says that it ended, and the last lines of its log.
// A table, read from the top: the first row that fits is the class. A log is written by the workflow and may say anything, so
// what it says is only asked after what hosts and GitHub said.

import { type MissingPiece, missingPiece } from './missing-pieces.ts';
import type { Owner } from './owners.ts';

export const failureClasses = [
  'out-of-memory',
  'disk-full',
  'dns',
  'rate-limited',
  'host-lost',
  'host-disk-full',
  'runner-refused',
  'github-5xx',
  'missing-piece',
  'workflow',
] as const;
export type FailureClass = (typeof failureClasses)[number];

/** After "failed by": for a line that counts them. */
export const classWords: Readonly<Record<FailureClass, string>> = {
  'out-of-memory': 'too little memory',
  'disk-full': 'a full disk',
  dns: 'a name that did not resolve',
  'rate-limited': 'a registry that said 429',
  'host-lost': 'the loss of their host',
  'host-disk-full': 'the full disk of their host',
  'runner-refused': "GitHub's refusal of the runner's version",
  'github-5xx': 'an error of GitHub',
  'missing-piece': 'something that the image lacks',
  workflow: 'a step of their own',
};

export interface KnownFailure {
  /** Why the VM failed or was destroyed, in the words of its row, its host and its guest. */
  vmWords: readonly string[];
  /** The last lines of the log, oldest first. */
  logTail: readonly string[];
}

export interface ClassifiedFailure {
  class: FailureClass;
  owner: Owner;
  /** The line by which it is judged; absent when nothing but the conclusion is known. */
  line?: string;
  /** What an image would have to hold. */
  missing?: MissingPiece;
  /** What to do, in one sentence. */
  advice: string;
}

interface Row {
  class: Exclude<FailureClass, 'missing-piece' | 'workflow'>;
  owner: Owner;
  /** Of the VM's end and of its host's and guest's words. */
  vm: readonly RegExp[];
  log: readonly RegExp[];
  advice: string;
}

const rows: readonly Row[] = [
  {
    class: 'host-lost',
    owner: 'host',
    vm: [
      /host (is|was) (silent|removed|gone)/i,
      /its host (is silent|was removed|rebooted|restarted)/i,
      /VMM (died|was killed)/i,
    ],
    log: [
      /The self-hosted runner lost communication with the server/,
      /The runner has received a shutdown signal/,
    ],
    advice: 'See what happened to the host: bellows hosts',
  },
  {
    class: 'host-disk-full',
    owner: 'host',
    // The agent's own word: a guest can say nothing that reads so.
    vm: [/^host-disk-full$/],
    log: [],
    advice: "Make room on the host's disk of VMs, then run the job again.",
  },
  {
    class: 'runner-refused',
    owner: 'bellows',
    vm: [/Runner version v?[\d.]+ is deprecated and cannot receive messages/i],
    log: [/Runner version v?[\d.]+ is deprecated and cannot receive messages/i],
    advice: 'Build the image anew with a current runner.',
  },
  {
    class: 'out-of-memory',
    owner: 'workflow',
    vm: [/out of memory/i, /oom[- ]kill/i],
    log: [
      /JavaScript heap out of memory/,
      /\bOut of memory: Killed process \d/,
      /java\.lang\.OutOfMemoryError/,
      /\bfatal error: runtime: out of memory/,
      /std::bad_alloc/,
      /\bMemoryError\b/,
      /Cannot allocate memory/,
      /virtual memory exhausted/,
      /signal: 9, SIGKILL: kill/,
      /Process completed with exit code 137/,
    ],
    advice: 'Ask for a label with more memory.',
  },
  {
    class: 'disk-full',
    owner: 'workflow',
    vm: [/no space left on device/i],
    log: [/no space left on device/i, /ENOSPC\b/, /Disk quota exceeded/, /perhaps you ran out of disk space/],
    advice: 'Ask for a label with a larger disk.',
  },
  {
    class: 'rate-limited',
    owner: 'network',
    vm: [],
    log: [
      /toomanyrequests:/,
      /reached your (unauthenticated )?pull rate limit/,
      /\b429 Too Many Requests\b/i,
      /status code:? 429\b/i,
      /returned error: 429\b/,
      /API rate limit exceeded/,
    ],
    advice: 'Let the hosts use the registry mirror, or sign in to the registry.',
  },
  {
    class: 'dns',
    owner: 'network',
    vm: [/cannot resolve/i],
    log: [
      /Could not resolve host(name)?:? /,
      /Temporary failure in name resolution/,
      /getaddrinfo (EAI_AGAIN|ENOTFOUND)\b/,
      /Name or service not known/,
      /dial tcp: lookup \S.*: (no such host|server misbehaving|i\/o timeout)/,
      /Temporary failure resolving '/,
    ],
    advice: "See whether the hosts' DNS server answers: bellows doctor on the host.",
  },
  {
    class: 'github-5xx',
    owner: 'github-api',
    vm: [/GitHub .*\b5\d\d\b/],
    log: [
      /Response status code does not indicate success: 5\d\d/,
      /unable to access 'https:\/\/github\.com\/.*': The requested URL returned error: 5\d\d/,
      /remote: Internal Server Error/,
      /HttpError: (Server Error|Bad Gateway|Service Unavailable|Unicorn)/i,
      /github\.com.*\b(502 Bad Gateway|503 Service Unavailable|504 Gateway Time-?out)/i,
    ],
    advice: "Run it again; GitHub's status page may say more: bellows incidents",
  },
];

/** Longer lines are cut: patterns must not be made slow by what a workflow prints. */
const longestLine = 500;
const mostLines = 400;

/** Only for jobs that failed. */
export function classifyFailure({ vmWords, logTail }: KnownFailure): ClassifiedFailure {
  const words = vmWords.map(clipped);
  const byVm = firstFit(words, (row) => row.vm);
  if (byVm !== undefined) return byVm;
  // What is said last ended it; what was said before was borne.
  const lines = logTail.slice(-mostLines).map(clipped).toReversed();
  const byLog = firstFit(lines, (row) => row.log);
  if (byLog !== undefined) return byLog;
  for (const line of lines) {
    const missing = missingPiece(line);
    if (missing !== undefined)
      return { class: 'missing-piece', owner: 'workflow', line, missing, advice: adviceFor(missing) };
  }
  return { class: 'workflow', owner: 'workflow', advice: readIt };
}

function firstFit(
  lines: readonly string[],
  patternsOf: (row: Row) => readonly RegExp[],
): ClassifiedFailure | undefined {
  for (const row of rows) {
    const line = lines.find((one) => patternsOf(row).some((pattern) => pattern.test(one)));
    if (line !== undefined) return { class: row.class, owner: row.owner, line, advice: row.advice };
  }
  return undefined;
}

const clipped = (line: string): string => line.slice(0, longestLine);

/** What is kept of a failure that a log told: no line of it, which may say anything. */
export interface FailureFound {
  class: FailureClass;
  missing?: MissingPiece;
}

/** The same failure again, with today's owner and advice. */
export function failureFound({ class: found, missing }: FailureFound): Omit<ClassifiedFailure, 'line'> {
  const row = rows.find((one) => one.class === found);
  if (row !== undefined) return { class: row.class, owner: row.owner, advice: row.advice };
  return found === 'missing-piece' && missing !== undefined
    ? { class: found, owner: 'workflow', missing, advice: adviceFor(missing) }
    : { class: 'workflow', owner: 'workflow', advice: readIt };
}

const readIt = 'Read its log.';

const adviceFor = ({ kind, name, package: named }: MissingPiece): string =>
  named === undefined
    ? `The image has no ${kind} ${name}.`
    : `Add ${named} to the image: it brings the ${kind} ${name}.`;
