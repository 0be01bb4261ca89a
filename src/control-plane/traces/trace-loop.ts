// Sends a trace for each job whose VM is gone. Up to when that is done is written down after they were taken, so that a crash
// sends some twice and loses none.

import { type JobTrace, jobTrace } from '../../domain/insights/job-trace.ts';
import type { HistoryLine } from '../../domain/lifecycle/effects.ts';
import { after, type DurationMs, instantOf, minutes, seconds } from '../../domain/time.ts';
import type { Transaction } from '../../ports/store.ts';
import type { TraceExporter } from '../../ports/traces.ts';
import type { Deps } from '../deps.ts';

/** What is younger may still be uncommitted, or stamped by a process whose clock lags. */
const settledMs = seconds(60);
/** Of one round; a VM and its job leave some forty lines. */
const stepMs = minutes(5);
const linesOfEach = 200;
const everyMs: DurationMs = seconds(30);

/** One round; gives the pause until the next. */
export async function traceStep(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  exporter: TraceExporter,
): Promise<DurationMs> {
  const settled = after(clock.now(), -settledMs);
  const { from, to, traces } = await store.transaction(async (tx) => {
    await tx.lock('traces');
    const state = (await tx.loops.get('traces')) ?? { upTo: settled };
    const to = instantOf(Math.min(settled, after(state.upTo, stepMs)));
    // The first round begins here: what lies behind is not sent.
    if (state.upTo >= to) {
      await tx.loops.put('traces', state);
      return { from: state.upTo, to: state.upTo, traces: [] };
    }
    return { from: state.upTo, to, traces: await tracesBetween(tx, state.upTo, to) };
  });
  if (to === from) return everyMs;
  if (traces.length > 0) await exporter.export(traces);
  await store.transaction(async (tx) => {
    await tx.lock('traces');
    const state = await tx.loops.get('traces');
    // Another process was faster.
    if (state === undefined || state.upTo < to) await tx.loops.put('traces', { upTo: to });
  });
  return to < settled ? 0 : everyMs;
}

async function tracesBetween(
  tx: Transaction,
  from: Parameters<Transaction['metrics']['vmsGone']>[0],
  to: Parameters<Transaction['metrics']['vmsGone']>[1],
): Promise<readonly JobTrace[]> {
  const traces: JobTrace[] = [];
  for (const vm of await tx.metrics.vmsGone(from, to)) {
    if (vm.job === undefined) continue;
    const of = (subject: HistoryLine['subject']) => tx.history.of(subject, linesOfEach);
    const trace = jobTrace(vm, await of({ kind: 'job', id: vm.job }), await of({ kind: 'vm', id: vm.id }));
    if (trace !== undefined) traces.push(trace);
  }
  return traces;
}
