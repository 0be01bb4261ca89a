// One step of a job: its condition, its script, and what it left for the others.

import { resolve as resolvePath } from 'node:path';
import { CommandFiles } from './command-files.ts';
import { type JobContext, uniqueName } from './job-context.ts';
import type { StepMessage } from './job-message.ts';
import { record, text } from './json.ts';
import type { Masker } from './masker.ts';
import type { Results } from './results.ts';
import { runScript, type Script, shellCommand } from './script-process.ts';
import { begin, end, type StepConclusion, type StepRecord } from './step-record.ts';
import { CommandReader } from './workflow-commands.ts';

export interface StepParts {
  context: JobContext;
  masker: Masker;
  results: Results;
  /** Aborts when the job is cancelled. A step that begins afterwards runs until `kill`. */
  cancel: AbortSignal;
  /** Aborts when the job's time is over altogether. */
  kill: AbortSignal;
}

const minuteMs = 60_000;

/** @returns whether the job may go on as it was: false when the step failed and its failure counts */
export async function runStep(parts: StepParts, step: StepMessage, shown: StepRecord): Promise<boolean> {
  const { context } = parts;
  const note = (outcome: string, conclusion: string, outputs = {}): void => {
    context.steps[step.contextName] = { outputs, outcome, conclusion };
  };
  const log = logInto(parts, shown);
  try {
    if (!context.holds(step.condition)) {
      note('skipped', 'skipped');
      end(shown, 'skipped');
      return true;
    }
    begin(shown);
    parts.results.stepsChanged([shown]);
    const environment = context.textsOf(step.environment);
    const { outcome, outputs } = await execute(parts, step, shown, environment, log);
    const extra = { env: { ...context.variables, ...environment } };
    const forgiven = outcome === 'failed' && context.resolve(step.continueOnError, extra) === true;
    note(contextWord[outcome], forgiven ? 'success' : contextWord[outcome], outputs);
    end(shown, forgiven ? 'succeeded' : outcome);
    return outcome === 'succeeded' || forgiven;
  } catch (error) {
    // An expression that cannot be evaluated, or a command file that cannot be read, fails the step.
    log(`##[error]${error instanceof Error ? error.message : String(error)}`);
    note('failure', 'failure');
    if (shown.startedAt === undefined) begin(shown);
    end(shown, 'failed');
    return false;
  }
}

/** How the contexts call the conclusions. */
const contextWord = { succeeded: 'success', failed: 'failure', canceled: 'cancelled', skipped: 'skipped' };

export function logInto({ masker }: Pick<StepParts, 'masker'>, shown: StepRecord): (line: string) => void {
  return (line) => {
    shown.lines.push(`${new Date().toISOString()} ${masker.mask(line)}`);
  };
}

async function execute(
  parts: StepParts,
  step: StepMessage,
  shown: StepRecord,
  own: Record<string, string>,
  log: (line: string) => void,
): Promise<{ outcome: StepConclusion; outputs: Record<string, string> }> {
  const { context, masker } = parts;
  const extra = { env: { ...context.variables, ...own } };
  const files = new CommandFiles(context.temp, uniqueName());
  const script = scriptOf(context, step, { ...own, ...files.variables() }, extra);
  log(`##[group]Run ${script.text.split('\n')[0]}`);
  for (const line of script.text.trimEnd().split('\n')) log(line);
  log(`shell: ${shellCommand(script)}`);
  log('##[endgroup]');
  const reader = new CommandReader(masker);
  const limitMinutes = Number(context.resolve(step.timeoutMinutes, extra) ?? 0);
  const limit = limitMinutes > 0 ? AbortSignal.timeout(limitMinutes * minuteMs) : undefined;
  const stop = context.status === 'cancelled' ? parts.kill : parts.cancel;
  const signal = limit ? AbortSignal.any([stop, limit]) : stop;
  const code = await runScript(
    script,
    (line) => {
      const seen = reader.read(line);
      if (seen !== undefined) log(seen);
    },
    signal,
  );
  shown.annotations = reader.annotations;
  const left = files.take();
  Object.assign(context.variables, left.env);
  for (const folder of left.path) context.addPath(folder);
  if (left.summary !== '') parts.results.summary(shown, masker.mask(left.summary));
  if (stop.aborted) {
    log('##[error]The operation was canceled.');
    return { outcome: 'canceled', outputs: left.output };
  }
  if (limit?.aborted) {
    log(`##[error]The action '${shown.name}' has timed out after ${limitMinutes} minutes.`);
    return { outcome: 'failed', outputs: left.output };
  }
  if (code !== 0) {
    const message = `Process completed with exit code ${code}.`;
    log(`##[error]${message}`);
    shown.annotations = [...reader.annotations, { level: 'failure', message }];
  }
  return { outcome: code === 0 ? 'succeeded' : 'failed', outputs: left.output };
}

function scriptOf(
  context: JobContext,
  step: StepMessage,
  own: Record<string, string>,
  extra: Parameters<typeof record>[0],
): Script {
  const contexts = record(extra);
  const shell = context.resolve(step.shell, contexts) ?? context.default('shell');
  const folder = context.resolve(step.workingDirectory, contexts) ?? context.default('working-directory');
  return {
    text: text(context.resolve(step.script, contexts)),
    shell: shell === undefined || shell === null ? undefined : text(shell),
    folder: context.temp,
    name: uniqueName(),
    workingDirectory: resolvePath(context.workspace, text(folder, '.')),
    environment: context.processEnvironment(own),
  };
}

/** The name as the list of steps shows it. */
export function stepName(context: JobContext, step: StepMessage): string {
  try {
    const given = text(context.resolve(step.displayName));
    return given !== '' ? given : `Run ${text(context.resolve(step.script)).split('\n')[0]}`;
  } catch {
    // The name needs what earlier steps give; the raw script names it until then.
    return typeof step.script === 'string' ? `Run ${step.script.split('\n')[0]}` : 'Run a script';
  }
}
