// What GitHub's runner prints, and what of it says how far its job is. Stable for years: actions/runner,
// src/Runner.Listener/Runner.cs ("Listening for Jobs") and JobDispatcher.cs ("Running job", "completed with result").

export type RunnerLine =
  | { kind: 'listening' }
  | { kind: 'job-started'; jobName: string }
  | { kind: 'job-ended'; jobName: string; result: string };

const time = String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: `;
const listening = new RegExp(`${time}Listening for Jobs$`);
const started = new RegExp(`${time}Running job: (.+)$`);
const ended = new RegExp(`${time}Job (.+) completed with result: (\\w+)$`);

/** Reads one line of the runner's output, without its line end. */
export function parseRunnerLine(line: string): RunnerLine | undefined {
  if (listening.test(line)) return { kind: 'listening' };
  const start = started.exec(line)?.[1];
  if (start !== undefined) return { kind: 'job-started', jobName: start.slice(0, 512) };
  const [, jobName, result] = ended.exec(line) ?? [];
  if (jobName === undefined || result === undefined) return undefined;
  return { kind: 'job-ended', jobName: jobName.slice(0, 512), result: result.slice(0, 64) };
}
