// From an order to a running process. Each step writes its intent down before it acts, and finds made what an earlier try
// made: all of it may be done twice.

import { vmId } from '../../domain/ids.ts';
import type { Owner } from '../../domain/lifecycle/vm.ts';
import { NetworkError } from '../../ports/host-network.ts';
import { ImageError } from '../../ports/image-source.ts';
import { DiskFullError } from '../../ports/scratch-disk.ts';
import { CageError } from '../../ports/vm-cage.ts';
import { VmStartError } from '../../ports/vm-driver.ts';
import type { StepName, VmSpec } from '../../wire/agent-journal.ts';
import type { WorkerDeps } from '../worker-deps.ts';
import { type MadeMachine, makeMachine } from './make-machine.ts';

/** @returns the running VM and where its guest can be reached. */
export async function prepare(deps: WorkerDeps, spec: VmSpec): Promise<MadeMachine> {
  const vm = vmId(spec.vm);
  const { ledger } = deps;
  const made = await makeMachine(deps, vm, spec, (name, act) => step(deps, vm, name, act));
  await ledger.write((state) => {
    const first = state.vms.find((record) => record.vm === vm)?.processUpAt === undefined;
    return [{ kind: 'up', vm }, ...(first ? ledger.events(state, vm, [{ kind: 'process-up' }]) : [])];
  });
  return made;
}

async function step<T>(deps: WorkerDeps, vm: string, name: StepName, act: () => Promise<T>): Promise<T> {
  const { ledger, clock } = deps;
  const at = clock.now();
  await ledger.write(() => [{ kind: 'begin', at, vm, step: name }]);
  deps.stopping.throwIfAborted();
  const made = await act();
  await ledger.write((state) => {
    const told = state.vms.find((record) => record.vm === vm)?.said.includes(`phase ${name}`);
    return told
      ? []
      : ledger.events(state, vm, [{ kind: 'phase', phase: name, ms: Math.max(0, clock.now() - at) }]);
  });
  return made;
}

const finalErrors = [ImageError, DiskFullError, NetworkError, CageError, VmStartError];

/** The failures of which a second try would be the same, with who has to act. */
export function finalFailure(error: unknown): { reason: string; owner: Owner } | undefined {
  const isFinal = finalErrors.some((kind) => error instanceof kind);
  return isFinal && error instanceof Error ? { reason: error.message, owner: 'host' } : undefined;
}
