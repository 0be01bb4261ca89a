// Plays a named scenario: its transcript, then how it ended.

import { writeFileSync } from 'node:fs';
import { crashed } from '../../src/sim/ending.ts';
import { allScenarios } from '../../src/sim/scenarios/all-scenarios.ts';
import type { Audience, ScenarioEnding } from '../../src/sim/scenarios/scenario.ts';
import { exitCodes } from '../../src/sim/swarm/summary.ts';
import { orEscape } from './escapes.ts';

/**
 * Plays a named scenario and gives the exit code; `list` names them all. An unknown name is a refusal, which says which
 * there are.
 */
export async function runScenario(name: string, options: { trace: boolean; json: boolean }): Promise<number> {
  if (name === 'list') {
    process.stdout.write(listed());
    return exitCodes.ok;
  }
  const scenario = allScenarios.find((each) => each.name === name);
  if (scenario === undefined) {
    process.stderr.write(`there is no scenario ${name}; there are:\n${listed()}`);
    return 1;
  }
  const events: string[] = [];
  const startedAt = performance.now();
  const audience: Audience = {
    tell: (line) => process.stdout.write(`${line}\n`),
    ...(options.trace ? { onLine: (line: string) => events.push(line) } : {}),
  };
  const ending = await orEscape<ScenarioEnding>(() => scenario.play(audience), crashed);
  if (options.trace) {
    writeFileSync(`sim-${name}.log`, `${events.join('\n')}\n`);
    process.stdout.write(`event log in sim-${name}.log\n`);
  }
  process.stdout.write(summaryOf(name, ending));
  const wallSeconds = Math.round((performance.now() - startedAt) / 100) / 10;
  if (options.json) process.stdout.write(`${jsonOf(name, ending, wallSeconds)}\n`);
  return exitCodes[ending.outcome];
}

function listed(): string {
  const width = Math.max(...allScenarios.map(({ name }) => name.length));
  return allScenarios.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}\n`).join('');
}

const verdicts: Record<ScenarioEnding['outcome'], string> = {
  ok: 'it ended as it should',
  crash: 'it crashed',
  liveness: 'something was not done in time',
  correctness: 'something wrong was done',
};

function summaryOf(
  name: string,
  { outcome, findings, error, jobs, vms, webhooks, repairs }: ScenarioEnding,
): string {
  const mended = Object.entries(repairs).flatMap(([kind, count]) => (count > 0 ? [`${kind} ${count}`] : []));
  return `${[
    `\n${name}: ${verdicts[outcome]}; ${jobs} jobs, ${vms} VMs, ${webhooks} webhooks; mended ${mended.join(', ') || 'nothing'}`,
    ...findings.map(({ at, checker, what }) => `  ${new Date(at).toISOString()} ${checker}: ${what}`),
    ...(error === undefined ? [] : [error]),
  ].join('\n')}\n`;
}

const jsonOf = (name: string, { report, ...ending }: ScenarioEnding, wallSeconds: number): string =>
  JSON.stringify({ name, ...ending, ...report, wallSeconds });
