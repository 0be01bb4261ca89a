import { describe, expect, it } from 'vitest';
import {
  classifyFailure,
  classWords,
  type FailureClass,
  failureClasses,
  failureFound,
} from './failure-class.ts';
import type { Owner } from './owners.ts';

const ofLog = (...logTail: string[]) => classifyFailure({ vmWords: [], logTail });
const ofVm = (...vmWords: string[]) => classifyFailure({ vmWords, logTail: [] });

/** Lines as people have put them into issues of GitHub's projects, with where. */
const seen: readonly (readonly [FailureClass, line: string, where: string])[] = [
  [
    'out-of-memory',
    'FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory',
    'octokit/openapi#250',
  ],
  [
    'out-of-memory',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'gridsuite/gridstudy-app#1115',
  ],
  ['out-of-memory', '##[error]Process completed with exit code 137.', 'geneontology/go-ontology#22285'],
  [
    'disk-full',
    'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
    'getsentry/action-setup-venv#13',
  ],
  [
    'disk-full',
    'error: failed to extract package (perhaps you ran out of disk space?): No space left on device (os error 28)',
    'pguyot/arm-runner-action#70',
  ],
  ['disk-full', 'System.IO.IOException: No space left on device', 'actions/runner-images#9494'],
  [
    'rate-limited',
    'Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit',
    'rtCamp/action-slack-notify#52',
  ],
  ['rate-limited', 'Error: 429 Too Many Requests', 'advanced-security/ghas-to-csv#89'],
  [
    'rate-limited',
    'Server message: toomanyrequests: You have reached your unauthenticated pull rate limit.',
    'advanced-security/ghas-to-csv#89',
  ],
  [
    'dns',
    "Error: fatal: unable to access 'https://github.com/abc/assignment-1-rcmb/': Could not resolve host: github.com",
    'actions/runner#2930',
  ],
  ['dns', 'Error: getaddrinfo EAI_AGAIN api.github.com', 'einaregilsson/build-number#8'],
  [
    'dns',
    "Failed to resolve 'json.schemastore.org' ([Errno -3] Temporary failure in name resolution)",
    'pre-commit-ci/issues#227',
  ],
  [
    'dns',
    'Error: Name or service not known (internal-api.service.iad.github.net:443)',
    'actions/checkout#1917',
  ],
  [
    'runner-refused',
    'An error occured: Runner version v2.320.0 is deprecated and cannot receive messages.',
    'actions/runner#3651',
  ],
  [
    'runner-refused',
    'Error: Forbidden Runner version v2.336.0 is deprecated and cannot receive messages.',
    'actions/runner#4613',
  ],
  [
    'github-5xx',
    "Warning: Failed to download action 'https://api.github.com/repos/actions/checkout/tarball/7884fcad'. Error: Response status code does not indicate success: 503 (Service Unavailable).",
    'actions/checkout#814',
  ],
  [
    'github-5xx',
    "Error: fatal: unable to access 'https://github.com/seek-oss/aec/': The requested URL returned error: 500",
    'actions/checkout#505',
  ],
  ['github-5xx', 'remote: Internal Server Error.', 'actions/checkout#505'],
  [
    'missing-piece',
    'Error: Unable to locate executable file: unzip. Please verify either the file path exists or the file can be found within a directory specified by the PATH environment variable.',
    'erlef/setup-beam#263',
  ],
  [
    'missing-piece',
    '/home/runner/actions-runner/externals/node20/bin/node: error while loading shared libraries: libatomic.so.1: cannot open shared object file: No such file or directory',
    'actions/runner#3030',
  ],
  [
    'missing-piece',
    'coveralls: error while loading shared libraries: libevent-2.1.so.7: cannot open shared object file: No such file or directory',
    'coverallsapp/github-action#220',
  ],
  [
    'missing-piece',
    'Error: Error loading shared library libstdc++.so.6: No such file or directory (needed by /__w/_actions/x.node)',
    'ScaCap/action-surefire-report#140',
  ],
  ['workflow', '##[error]Process completed with exit code 1.', 'anywhere'],
  ['workflow', 'FAIL src/a.test.ts > adds', 'anywhere'],
];

describe('a failure', () => {
  it.each(seen)('is %s by %s (%s)', (expected, line) => {
    expect(ofLog('Run tests', line, 'Cleaning up orphan processes').class).toBe(expected);
  });

  it('is judged by what the host says before anything that a log says', () => {
    const words = ['its host was removed'];
    expect(classifyFailure({ vmWords: words, logTail: ['ENOSPC'] })).toMatchObject({
      class: 'host-lost',
      owner: 'host',
    });
    expect(ofVm('Out of memory: the guest killed a process').class).toBe('out-of-memory');
    expect(ofVm('host-disk-full')).toMatchObject({ class: 'host-disk-full', owner: 'host' });
    expect(ofVm('the host-disk-full of a branch').class).toBe('workflow');
  });

  it('with nothing known is the workflow’s own', () => {
    expect(ofLog()).toEqual({ class: 'workflow', owner: 'workflow', advice: 'Read its log.' });
  });

  it('of a very long line costs little, and only the end of a log is read', () => {
    expect(ofLog(`${'x '.repeat(200_000)}ENOSPC`).class).toBe('workflow');
    expect(ofLog('ENOSPC', ...Array.from({ length: 500 }, () => 'fine')).class).toBe('workflow');
  });
});

describe('what else reads so', () => {
  it.each<[FailureClass, string]>([
    ['out-of-memory', 'Out of memory: Killed process 4242 (node) total-vm:11423844kB'],
    ['rate-limited', 'You have reached your pull rate limit.'],
    ['rate-limited', 'You have reached your unauthenticated pull rate limit.'],
    ['rate-limited', 'received unexpected HTTP status code: 429'],
    ['rate-limited', 'failed with status code 429'],
    ['dns', 'ssh: Could not resolve hostname github.com: try again later'],
    ['dns', 'curl: (6) Could not resolve host: example.org'],
    ['dns', 'curl: (6) Could not resolve host example.org'],
    ['dns', 'dial tcp: lookup registry-1.docker.io on 127.0.0.53:53: server misbehaving'],
    ['dns', 'dial tcp: lookup proxy.golang.org: no such host'],
    ['runner-refused', 'Runner version 2.320.0 is deprecated and cannot receive messages.'],
    ['github-5xx', 'Response status code does not indicate success: 502 (Bad Gateway).'],
    ['github-5xx', 'GET https://github.com/acme/app/info/refs 504 Gateway Timeout'],
    ['github-5xx', 'GET https://github.com/acme/app/info/refs 504 Gateway Time-out'],
    ['workflow', 'Response status code does not indicate success: 404 (Not Found).'],
  ])('%s: %s', (expected, line) => {
    expect(ofLog(line).class).toBe(expected);
  });

  it.each<[FailureClass, string]>([
    ['out-of-memory', 'the guest says: OOM kill'],
    ['out-of-memory', 'constraint=CONSTRAINT_NONE, oom-kill:'],
    ['host-disk-full', 'host-disk-full'],
    ['workflow', 'not host-disk-full'],
    ['workflow', 'host-disk-full is what it said'],
    ['runner-refused', 'Runner version v2.320.0 is deprecated and cannot receive messages.'],
    ['runner-refused', 'Runner version 2.320.0 is deprecated and cannot receive messages.'],
    ['github-5xx', 'GitHub answered the registration with 502'],
    ['workflow', 'GitHub answered the registration with 422'],
  ])('%s, as host or guest say it: %s', (expected, word) => {
    expect(ofVm(word).class).toBe(expected);
  });
});

describe('a class', () => {
  it.each<[FailureClass, Owner]>([
    ['host-lost', 'host'],
    ['host-disk-full', 'host'],
    ['runner-refused', 'bellows'],
    ['out-of-memory', 'workflow'],
    ['disk-full', 'workflow'],
    ['rate-limited', 'network'],
    ['dns', 'network'],
    ['github-5xx', 'github-api'],
    ['missing-piece', 'workflow'],
    ['workflow', 'workflow'],
  ])('%s is of %s', (found, owner) => {
    expect(failureFound({ class: found }).owner).toBe(owner);
  });

  it('has words and advice of its own', () => {
    const words = failureClasses.map((found) => classWords[found]);
    expect(words.filter((text) => text.length > 5)).toHaveLength(failureClasses.length);
    expect(new Set(words).size).toBe(failureClasses.length);
    // Without the name of the piece nobody can be told what to add.
    const advised = failureClasses.filter((found) => found !== 'missing-piece');
    const advice = advised.map((found) => failureFound({ class: found }).advice);
    expect(advice.filter((text) => /^[A-Z].{10,}/.test(text))).toHaveLength(advised.length);
    expect(new Set(advice).size).toBe(advised.length);
  });
});

describe('what is kept of a failure', () => {
  it('tells the same owner and advice as the log did, without a line of it', () => {
    for (const logTail of [
      ['x: unzip: command not found'],
      ['ENOSPC'],
      ['Could not resolve host: x'],
      ['no'],
    ]) {
      const { line: _, ...told } = classifyFailure({ vmWords: [], logTail });
      const { class: found, missing } = told;
      expect(failureFound({ class: found, ...(missing && { missing }) })).toEqual(told);
    }
  });

  it('says what the image lacks, also where no package is known', () => {
    const missing = { kind: 'command', name: 'our-own-tool' } as const;
    expect(failureFound({ class: 'missing-piece', missing })).toMatchObject({
      class: 'missing-piece',
      advice: 'The image has no command our-own-tool.',
    });
  });

  it('is the workflow’s own where it names no piece, and names none where it is the workflow’s own', () => {
    const missing = { kind: 'command', name: 'unzip' } as const;
    const own = { class: 'workflow', owner: 'workflow', advice: 'Read its log.' };
    expect(failureFound({ class: 'missing-piece' })).toStrictEqual(own);
    expect(failureFound({ class: 'workflow', missing })).toStrictEqual(own);
  });
});
