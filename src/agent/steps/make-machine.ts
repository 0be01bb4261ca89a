import { imageDigest, type VmId } from '../../domain/ids.ts';
import type { WarmKind } from '../../domain/scheduling/warm-plan.ts';
import { type RunningVm, vmStartTimeoutMs } from '../../ports/vm-driver.ts';
import type { StepName } from '../../wire/agent-journal.ts';
import { withTimeout } from '../timeout.ts';
import type { WorkerDeps } from '../worker-deps.ts';

export interface MadeMachine {
  running: RunningVm;
  guestSocketPath: string;
}

export type MachineDeps = Pick<
  WorkerDeps,
  'images' | 'disk' | 'folder' | 'network' | 'cage' | 'driver' | 'clock'
> & { guest: Pick<WorkerDeps['guest'], 'rates'> };

/**
 * Makes all that a machine needs and starts it. All of it may be done twice.
 * @param step runs each part, under its name
 */
export async function makeMachine(
  { images, disk, folder, network, cage, driver, clock, guest }: MachineDeps,
  vm: VmId,
  kind: WarmKind,
  step: <T>(name: StepName, act: () => Promise<T>) => Promise<T>,
): Promise<MadeMachine> {
  const boot = await step('image', () => images.resolve(imageDigest(kind.image)));
  const scratch = await step('disk', () => disk.create(vm, kind.diskGib));
  const paths = await step('folder', () => folder.create(vm));
  const joined = await step('host-network', () => network.open(vm));
  const own = joined.kind === 'tap' ? { disk: { user: joined.owner, gib: kind.diskGib } } : {};
  const held = await step('cage', () => cage.open(vm, { ...kind, ...own }));
  const running = await step('start', () =>
    withTimeout(clock, vmStartTimeoutMs, `start of ${vm}`, (signal) =>
      driver.start(
        {
          vm,
          vcpus: kind.vcpus,
          memoryMib: kind.memoryMib,
          kernelPath: boot.kernelPath,
          initramfsPath: boot.initramfsPath,
          rootPath: boot.rootPath,
          scratchPath: scratch.path,
          network: joined,
          rates: guest.rates,
          ...held,
          ...paths,
        },
        signal,
      ),
    ),
  );
  return { running, guestSocketPath: paths.guestSocketPath };
}
