import { type Check, type Finding, groups, type Plan, type Sources } from './check.ts';
import { controlPlaneChecks } from './control-plane.ts';
import { kernelChecks } from './kernel.ts';
import { memoryChecks } from './memory.ts';
import { networkChecks } from './network.ts';
import { processorChecks } from './processor.ts';
import { programChecks } from './programs.ts';
import { storageChecks } from './storage.ts';

export const allChecks: readonly Check[] = [
  ...processorChecks,
  ...kernelChecks,
  ...memoryChecks,
  ...storageChecks,
  ...programChecks,
  ...networkChecks,
  ...controlPlaneChecks,
].sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));

/** What the checks that apply here find out, in their order. */
export async function runChecks(
  sources: Sources,
  plan: Plan,
  checks: readonly Check[] = allChecks,
): Promise<readonly Finding[]> {
  const due = checks.filter((check) => check.applies(plan));
  return Promise.all(due.map((check) => check.examine(sources, plan)));
}
