// The results service: steps as they go, their logs, the job's log. Best effort, as in the real runner: what fails here is
// said on standard error and fails no job.

import { isOk, send } from './http.ts';
import type { JobMessage } from './job-message.ts';
import { type Json, text } from './json.ts';
import type { StepRecord } from './step-record.ts';

const statusNumber = { pending: 5, in_progress: 3, completed: 6 };
const conclusionNumber = { succeeded: 2, failed: 3, canceled: 4, skipped: 7 };
const receiver = 'twirp/results.services.receiver.Receiver';
const stepService = 'twirp/github.actions.results.api.v1.WorkflowStepUpdateService';

export class Results {
  readonly #job: JobMessage;
  readonly #ids: Json;
  #order = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(job: JobMessage) {
    this.#job = job;
    this.#ids = { workflow_run_backend_id: job.planId, workflow_job_run_backend_id: job.jobId };
  }

  stepsChanged(steps: readonly StepRecord[]): void {
    const change_order = ++this.#order;
    const shown = steps.map((step) => ({
      external_id: step.id,
      number: step.number,
      name: step.name,
      status: statusNumber[step.status],
      ...(step.conclusion ? { conclusion: conclusionNumber[step.conclusion] } : {}),
      started_at: step.startedAt,
      completed_at: step.completedAt,
    }));
    this.#later('the state of steps', async () => {
      await this.#post(`${stepService}/WorkflowStepsUpdate`, { steps: shown, change_order });
    });
  }

  stepLog(step: StepRecord): void {
    const ids = { step_backend_id: step.id };
    const { lines } = step;
    this.#later('the log of a step', () => this.#upload('StepLogs', 'logs_url', ids, lines));
  }

  summary(step: StepRecord, markdown: string): void {
    const ids = { step_backend_id: step.id };
    this.#later('a summary', () => this.#upload('StepSummary', 'summary_url', ids, [markdown]));
  }

  jobLog(lines: readonly string[]): void {
    this.#later('the log of the job', () => this.#upload('JobLogs', 'logs_url', {}, lines));
  }

  /** Resolves when everything was sent, or given up after half a minute. */
  async flush(): Promise<void> {
    const limit = new Promise<void>((resolve) => setTimeout(resolve, 30_000).unref());
    await Promise.race([this.#queue, limit]);
  }

  #later(what: string, work: () => Promise<void>): void {
    if (this.#job.resultsUrl === '') return;
    this.#queue = this.#queue.then(work).catch((error: unknown) => {
      console.error(`${what} could not be sent: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  async #upload(kind: string, urlField: string, ids: Json, lines: readonly string[]): Promise<void> {
    const content = lines.map((line) => `${line}\n`).join('');
    const { body } = await this.#post(`${receiver}/Get${kind}SignedBlobURL`, ids);
    const headers = { 'content-type': 'application/octet-stream', 'x-ms-blob-type': 'BlockBlob' };
    const put = await send({ method: 'PUT', url: text(body[urlField]), raw: { body: content, headers } });
    if (!isOk(put)) throw new Error(`status ${put.status}`);
    await this.#post(`${receiver}/Create${kind}Metadata`, {
      ...ids,
      uploaded_at: new Date().toISOString(),
      line_count: lines.length,
      size: content.length,
    });
  }

  async #post(path: string, json: Json) {
    const { resultsUrl, token } = this.#job;
    const reply = await send({
      method: 'POST',
      url: new URL(path, resultsUrl).href,
      token,
      json: { ...json, ...this.#ids },
    });
    if (!isOk(reply)) throw new Error(`status ${reply.status}`);
    return reply;
  }
}
