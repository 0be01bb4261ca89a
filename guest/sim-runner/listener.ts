// The runner's listener: connects, waits for one job, runs it, cleans up. It prints what GitHub's own runner prints and
// ends with the same codes (actions/runner: Runner.cs, BrokerMessageListener.cs, Constants.cs), so that whoever watches
// the one can watch the other.

import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Broker, isRunServiceRefusal, type Message, runnerVersion } from './broker.ts';
import { Credentials, RegistrationGone } from './credentials.ts';
import { isOk } from './http.ts';
import { type JitConfiguration, removeConfiguration, writeConfiguration } from './jit-configuration.ts';
import { readJobMessage } from './job-message.ts';
import { type JobResult, runJob } from './job-run.ts';
import { type Json, text } from './json.ts';

export const exitCodes = { success: 0, terminated: 1, retryable: 2, sessionConflict: 5 } as const;
const hosted = { succeeded: 100, failed: 102, canceled: 103, abandoned: 105 };

export interface ListenerOptions {
  configuration: JitConfiguration;
  /** Takes the credentials while the runner lives. */
  root: string;
  environment: NodeJS.ProcessEnv;
  print: (line: string) => void;
  /** Aborts on SIGINT or SIGTERM. */
  shutdown: AbortSignal;
  /** End with 100 and more, by the job's result. */
  returnJobResult: boolean;
  /** The real runner's when left out. */
  waits?: Waits;
}

/** How long it waits before it tries again. */
export interface Waits {
  connectMs: number;
  /** For another session of this runner to end, in all. */
  conflictMs: number;
  pollMs: number;
  /** After some polls in a row have failed. */
  latePollMs: number;
  /** Between two words to GitHub that the job goes on. */
  renewMs: number;
}

const realWaits: Waits = {
  connectMs: 30_000,
  conflictMs: 4 * 60_000,
  pollMs: 15_000,
  latePollMs: 30_000,
  renewMs: 60_000,
};
const pollErrorLimit = 10;

export async function listen(options: ListenerOptions): Promise<number> {
  const { configuration, root, print, shutdown } = options;
  writeConfiguration(root, configuration);
  const broker = new Broker(configuration, new Credentials(configuration));
  try {
    print('');
    print('√ Connected to GitHub');
    print('');
    const refused = await connect(broker, options);
    if (refused !== undefined) return refused;
    print(`Current runner version: '${runnerVersion}'`);
    print(`${stamp()}: Listening for Jobs`);
    return await waitForJob(broker, options);
  } catch (error) {
    if (shutdown.aborted) {
      await broker.closeSession().catch(() => undefined);
      return exitCodes.success;
    }
    if (error instanceof RegistrationGone) {
      print('The runner registration has been deleted from the server, please re-configure.');
      return exitCodes.terminated;
    }
    print(`An error occurred: ${error instanceof Error ? error.message : String(error)}`);
    return exitCodes.retryable;
  } finally {
    for (const name of removeConfiguration(root, configuration)) {
      if (!name.endsWith('_rsaparams')) print(`√ Removed ${name}`);
    }
  }
}

/** Undefined when the session is open; else the code to end with. A server that does not answer is tried again and again. */
async function connect(
  broker: Broker,
  { print, shutdown, waits = realWaits }: ListenerOptions,
): Promise<number | undefined> {
  let conflictSince: number | undefined;
  for (;;) {
    shutdown.throwIfAborted();
    const status = await broker.openSession().catch((error: unknown) => {
      if (error instanceof RegistrationGone) throw error;
      return 0;
    });
    if (status >= 200 && status < 300) return undefined;
    if (status === 401 || status === 403) {
      print(`Failed to create a session. The server answered ${status}.`);
      return exitCodes.terminated;
    }
    if (status === 409) {
      conflictSince ??= Date.now();
      print('A session for this runner already exists.');
      if (Date.now() - conflictSince >= waits.conflictMs) return exitCodes.sessionConflict;
    } else {
      print(`${stamp()}: Runner connect error: status ${status}. Retrying until reconnected.`);
    }
    await delay(waits.connectMs, undefined, { signal: shutdown });
  }
}

async function waitForJob(broker: Broker, options: ListenerOptions): Promise<number> {
  const { print, shutdown, waits = realWaits } = options;
  for (let errors = 0; ; ) {
    shutdown.throwIfAborted();
    const polled = await broker.poll('Online', shutdown).catch((error: unknown) => {
      if (shutdown.aborted) throw error;
      return { kind: 'refused' as const, status: 0, reason: error instanceof Error ? error.message : '' };
    });
    if (polled.kind === 'runner-gone') {
      print('The runner no longer exists on the server. Cleaning up local configuration.');
      return exitCodes.success;
    }
    if (polled.kind === 'refused') {
      if (polled.status === 401) {
        print('Get next message failed with non-retryable error: unauthorized');
        return exitCodes.terminated;
      }
      errors += 1;
      if (errors >= pollErrorLimit) return exitCodes.retryable;
      await delay(errors <= 5 ? waits.pollMs : waits.latePollMs, undefined, { signal: shutdown });
      continue;
    }
    if (polled.kind === 'nothing' || polled.message.type !== 'RunnerJobRequest') continue;
    const result = await takeJob(broker, polled.message, options);
    if (result === 'not-ours') continue;
    await broker.closeSession().catch(() => undefined);
    return options.returnJobResult ? hosted[result] : exitCodes.success;
  }
}

async function takeJob(
  broker: Broker,
  { body: offer }: Message,
  options: ListenerOptions,
): Promise<JobResult | 'not-ours'> {
  if (!(await broker.acknowledge(offer))) return 'not-ours';
  const job = await acquire(broker, offer);
  if (job === undefined) return 'not-ours';
  const { configuration, root, print, shutdown, waits = realWaits } = options;
  const message = readJobMessage(job);
  print(`${stamp()}: Running job: ${message.displayName}`);
  const over = new AbortController();
  const cancel = new AbortController();
  const kill = new AbortController();
  const onShutdown = (): void => cancel.abort();
  shutdown.addEventListener('abort', onShutdown, { once: true });
  const watching = watchForCancel(broker, message.jobId, cancel, kill, over.signal);
  const result = await runJob({
    message,
    workRoot: resolve(root, configuration.workFolder),
    runnerName: configuration.agentName,
    environment: options.environment,
    cancel,
    kill: kill.signal,
    shutdown,
    renewMs: waits.renewMs,
  });
  over.abort();
  shutdown.removeEventListener('abort', onShutdown);
  await watching;
  print(`${stamp()}: Job ${message.displayName} completed with result: ${resultWord[result]}`);
  return result;
}

const resultWord = { succeeded: 'Succeeded', failed: 'Failed', canceled: 'Canceled', abandoned: 'Abandoned' };

/** Undefined when the run service says that the job is somebody else's, or says nothing five times. */
async function acquire(broker: Broker, offer: Json): Promise<Json | undefined> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const reply = await broker.acquire(offer).catch(() => undefined);
    if (reply && isOk(reply)) return reply.body;
    if (reply && isRunServiceRefusal(reply)) return undefined;
    await delay(5_000);
  }
  return undefined;
}

/** Polls on while the job runs, for the one message that matters then. */
async function watchForCancel(
  broker: Broker,
  jobId: string,
  cancel: AbortController,
  kill: AbortController,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    const polled = await broker.poll('Busy', over).catch(() => undefined);
    if (over.aborted) return;
    if (polled?.kind !== 'message') {
      if (polled?.kind !== 'nothing') await delay(15_000, undefined, { signal: over }).catch(() => undefined);
      continue;
    }
    const { type, body } = polled.message;
    if (type !== 'JobCancellation' || body.jobId !== jobId) continue;
    cancel.abort();
    const graceMs = Math.max(60_000, timeSpanMs(text(body.timeout)) - 15_000);
    void delay(graceMs, undefined, { signal: over, ref: false }).then(
      () => kill.abort(),
      () => undefined,
    );
  }
}

/** `00:05:00` as .NET writes it. */
function timeSpanMs(span: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = span.split(':').map(Number);
  return (hours * 3600 + minutes * 60 + seconds) * 1000;
}

const stamp = (): string =>
  new Date()
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
