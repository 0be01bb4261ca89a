// One job from its message to its report: the lock renewed, the steps run one after the other, the outputs evaluated, the
// log uploaded, the end reported.

import { setTimeout as delay } from 'node:timers/promises';
import { isRunServiceRefusal } from './broker.ts';
import { isOk, type Reply, send } from './http.ts';
import { JobContext } from './job-context.ts';
import type { JobMessage } from './job-message.ts';
import { text } from './json.ts';
import { Masker } from './masker.ts';
import { Results } from './results.ts';
import { begin, end, newStep, type StepRecord, stepResult } from './step-record.ts';
import { logInto, runStep, type StepParts, stepName } from './step-run.ts';

export type JobResult = 'succeeded' | 'failed' | 'canceled' | 'abandoned';

export interface JobOptions {
  message: JobMessage;
  workRoot: string;
  runnerName: string;
  /** What the steps inherit. */
  environment: NodeJS.ProcessEnv;
  /** Aborts when GitHub cancels the job. */
  cancel: AbortController;
  /** Aborts when the job's grace is over. */
  kill: AbortSignal;
  /** The runner itself was told to stop: the job fails. */
  shutdown: AbortSignal;
  /** How often GitHub hears that the job goes on. */
  renewMs: number;
}

const retryMs = 5_000;

export async function runJob(options: JobOptions): Promise<JobResult> {
  const { message } = options;
  if (!(await firstRenewal(message))) return 'abandoned';
  const over = new AbortController();
  const renewing = keepRenewing(options, over.signal);
  const masker = new Masker();
  for (const secret of [...Object.values(message.secrets), message.token, message.githubToken])
    masker.add(secret);
  const results = new Results(message);
  const report = await runSteps(options, masker, results);
  results.jobLog(report.steps.flatMap((step) => step.lines));
  await results.flush();
  await complete(message, report);
  over.abort();
  await renewing;
  return report.conclusion;
}

interface Report {
  conclusion: 'succeeded' | 'failed' | 'canceled';
  outputs: Record<string, { value: string; isSecret: boolean }>;
  steps: readonly StepRecord[];
}

async function runSteps(options: JobOptions, masker: Masker, results: Results): Promise<Report> {
  const { message, cancel, kill, shutdown } = options;
  const setUp = newStep(1, 'Set up job');
  begin(setUp);
  const log = logInto({ masker }, setUp);
  log(`Runner name: '${options.runnerName}'`);
  const context = new JobContext(message, {
    workRoot: options.workRoot,
    runnerName: options.runnerName,
    base: options.environment,
  });
  log(`Complete job name: ${message.displayName}`);
  end(setUp, 'succeeded');
  const parts: StepParts = { context, masker, results, cancel: cancel.signal, kill };
  const shown = message.steps.map((step, index) => newStep(index + 2, stepName(context, step), step.id));
  results.stepsChanged([setUp, ...shown]);
  for (const [index, step] of message.steps.entries()) {
    const record = shown[index];
    if (record === undefined || kill.aborted) break;
    if (cancel.signal.aborted && context.status !== 'failure') context.status = 'cancelled';
    record.name = stepName(context, step);
    const isGood = await runStep(parts, step, record);
    if (cancel.signal.aborted) context.status = 'cancelled';
    else if (!isGood) context.status = 'failure';
    results.stepsChanged([record]);
    if (record.lines.length > 0) results.stepLog(record);
  }
  const last = newStep(message.steps.length + 2, 'Complete job');
  begin(last);
  if (shutdown.aborted) {
    context.status = 'failure';
    logInto(
      parts,
      last,
    )(
      '##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually started runner is canceled.',
    );
  }
  const outputs = outputsOf(context, masker);
  end(last, 'succeeded');
  results.stepsChanged([last]);
  const conclusion = conclusionOf[context.status];
  for (const step of shown) if (step.status !== 'completed') end(step, 'canceled');
  return { conclusion, outputs, steps: [setUp, ...shown, last] };
}

const conclusionOf = { success: 'succeeded', failure: 'failed', cancelled: 'canceled' } as const;

/** An output that holds a secret is left out, as the real runner does. */
function outputsOf(context: JobContext, masker: Masker): Report['outputs'] {
  const outputs: Report['outputs'] = {};
  const { outputs: token } = context.message;
  if (token === undefined) return outputs;
  for (const [name, value] of Object.entries(context.textsOf(token))) {
    if (value !== '' && !masker.covers(value)) outputs[name] = { value, isSecret: false };
  }
  return outputs;
}

const call = (message: JobMessage, path: string, json: unknown): Promise<Reply> =>
  send({ method: 'POST', url: new URL(path, message.serviceUrl).href, token: message.token, json });

const renewal = ({ planId, jobId }: JobMessage) => ({ planId, jobId });

/** False when the job is not ours any more, or the run service does not answer: then it is not begun. */
async function firstRenewal(message: JobMessage): Promise<boolean> {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const reply = await call(message, 'renewjob', renewal(message)).catch(() => undefined);
    if (reply && isOk(reply)) return true;
    if (reply?.status === 404 && isRunServiceRefusal(reply)) return false;
    await delay(retryMs);
  }
  return false;
}

/** Cancels the job when GitHub says that it is gone. A run service that does not answer is waited for. */
async function keepRenewing({ message, cancel, renewMs }: JobOptions, over: AbortSignal): Promise<void> {
  const passed = (): Promise<boolean> => delay(renewMs, true, { signal: over }).catch(() => false);
  while (await passed()) {
    const reply = await call(message, 'renewjob', renewal(message)).catch(() => undefined);
    if (reply?.status === 404 && isRunServiceRefusal(reply)) cancel.abort();
  }
}

async function complete(message: JobMessage, report: Report): Promise<void> {
  const annotations = report.steps.flatMap((step) => step.annotations);
  const json = {
    ...renewal(message),
    conclusion: report.conclusion,
    outputs: report.outputs,
    stepResults: report.steps.map(stepResult),
    annotations,
    telemetry: [],
    billingOwnerId: message.billingOwnerId,
  };
  for (let attempt = 1; attempt <= 5; attempt++) {
    const reply = await call(message, 'completejob', json).catch((error: unknown) => {
      console.error(`The end of the job could not be reported: ${text(error)}`);
      return undefined;
    });
    if (reply && (isOk(reply) || reply.status === 401 || reply.status === 404)) return;
    await delay(retryMs);
  }
}
