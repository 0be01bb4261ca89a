// What is known of one step while the job runs; the synthetic first and last ones included.

import { randomUUID } from 'node:crypto';
import type { Annotation } from './workflow-commands.ts';

export type StepConclusion = 'succeeded' | 'failed' | 'canceled' | 'skipped';

export interface StepRecord {
  id: string;
  number: number;
  name: string;
  status: 'pending' | 'in_progress' | 'completed';
  conclusion: StepConclusion | undefined;
  startedAt: string | undefined;
  completedAt: string | undefined;
  annotations: readonly Annotation[];
  /** With their times, masked. */
  lines: string[];
}

export const newStep = (number: number, name: string, id: string = randomUUID()): StepRecord => ({
  id,
  number,
  name,
  status: 'pending',
  conclusion: undefined,
  startedAt: undefined,
  completedAt: undefined,
  annotations: [],
  lines: [],
});

export function begin(step: StepRecord): void {
  step.status = 'in_progress';
  step.startedAt = new Date().toISOString();
}

export function end(step: StepRecord, conclusion: StepConclusion): void {
  step.status = 'completed';
  step.conclusion = conclusion;
  step.completedAt = new Date().toISOString();
}

/** As `completejob` wants it. */
export const stepResult = (step: StepRecord) => ({
  external_id: step.id,
  number: step.number,
  name: step.name,
  status: step.status,
  conclusion: step.conclusion,
  started_at: step.startedAt,
  completed_at: step.completedAt,
  completed_log_lines: step.lines.length,
  annotations: step.annotations,
});
