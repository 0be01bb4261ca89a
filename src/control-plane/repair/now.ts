import type { RepairLoopKind } from '../../domain/repair/loops.ts';
import type { Repair } from '../../domain/repair/repair.ts';
import { GitHubError } from '../../ports/github.ts';
import type { Deps } from '../deps.ts';
import type { RepairLoop } from './loop.ts';
import { repairLoops } from './loops.ts';

export interface RepairReport {
  mended: readonly Repair[];
  failed: readonly { loop: RepairLoopKind; reason: string }[];
}

/** One round of every loop, one after the other, besides those that they do by themselves. */
export async function repairNow(
  deps: Deps,
  options: { owner?: string },
  loops: readonly RepairLoop[] = repairLoops,
): Promise<RepairReport> {
  const mended: Repair[] = [];
  const failed: { loop: RepairLoopKind; reason: string }[] = [];
  for (const { kind, run } of loops) {
    try {
      mended.push(...(await run(deps, { ...options, asked: true })).mended);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      deps.log.warn('repair loop failed', { loop: kind, error });
      failed.push({ loop: kind, reason: error.message });
    }
  }
  return { mended, failed };
}
