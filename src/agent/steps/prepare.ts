// From nothing to a running process: image, disk, folder, network, cage, start. Each step writes its intent down before it acts, and finds
// made what an earlier try made: all of it may be done twice.

import { imageDigest, vmId } from '../../domain/ids.ts';
import type { Owner } from '../../domain/lifecycle/vm.ts';
import { NetworkError } from '../../ports/host-network.ts';
import { ImageError } from '../../ports/image-source.ts';
import { DiskFullError } from '../../ports/scratch-disk.ts';
import { CageError } from '../../ports/vm-cage.ts';
import { type RunningVm, VmStartError, vmStartTimeoutMs } from '../../ports/vm-driver.ts';
import type { StepName, VmSpec } from '../../wire/agent-journal.ts';
import { withTimeout } from '../timeout.ts';
import type { WorkerDeps } from '../worker-deps.ts';

/** @returns the running VM and where its guest can be reached. */
export async function prepare(
  deps: WorkerDeps,
  spec: VmSpec,
): Promise<{ running: RunningVm; guestSocketPath: string }> {
  const vm = vmId(spec.vm);
  const { images, disk, folder, network, cage, driver, ledger } = deps;
  const boot = await step(deps, vm, 'image', () => images.resolve(imageDigest(spec.image)));
  const scratch = await step(deps, vm, 'disk', () => disk.create(vm, spec.diskGib));
  const paths = await step(deps, vm, 'folder', () => folder.create(vm));
  const joined = await step(deps, vm, 'host-network', () => network.open(vm));
  const held = await step(deps, vm, 'cage', () => cage.open(vm, spec));
  const running = await step(deps, vm, 'start', () =>
    withTimeout(deps.clock, vmStartTimeoutMs, `start of ${vm}`, (signal) =>
      driver.start(
        {
          vm,
          vcpus: spec.vcpus,
          memoryMib: spec.memoryMib,
          kernelPath: boot.kernelPath,
          initramfsPath: boot.initramfsPath,
          rootPath: boot.rootPath,
          scratchPath: scratch.path,
          network: joined,
          rates: deps.guest.rates,
          ...held,
          ...paths,
        },
        signal,
      ),
    ),
  );
  await ledger.write((state) => {
    const first = state.vms.find((record) => record.vm === vm)?.processUpAt === undefined;
    return [{ kind: 'up', vm }, ...(first ? ledger.events(state, vm, [{ kind: 'process-up' }]) : [])];
  });
  return { running, guestSocketPath: paths.guestSocketPath };
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
