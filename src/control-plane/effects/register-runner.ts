// A VM's process is up: now, while the guest boots, its runner is registered. The JIT configuration is a secret that lives
// here only as long as it takes to seal it to the host's key (I8).

import type { RunnerId, RunnerName, VmId } from '../../domain/ids.ts';
import { runnerName } from '../../domain/ids.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { mayReceiveJit } from '../../domain/lifecycle/vm-start.ts';
import { scopeOwner } from '../../domain/scope.ts';
import { GitHubError, type Runner } from '../../ports/github.ts';
import { applyToVm, touchHost } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { recordRepairs } from '../repair/book.ts';

export async function registerRunner(deps: Deps, id: VmId): Promise<void> {
  const found = await deps.store.transaction(async (tx) => {
    const vm = await tx.vms.get(id);
    const host = vm?.host === undefined ? undefined : await tx.hosts.get(vm.host);
    return vm !== undefined && host !== undefined ? { vm, host } : undefined;
  });
  if (found === undefined || !wantsRunner(found.vm)) return;

  const { vm, host } = found;
  const registration = await deps.github.registerRunner(vm.scope, vm.runnerName, vm.labels);
  switch (registration.kind) {
    case 'registered': {
      const jwe = await deps.sealer.seal(registration.jitConfig, host.sealingKey);
      return deps.store.transaction(async (tx) => {
        const now = await applyToVm(tx, deps, id, { kind: 'registered', runnerId: registration.runner });
        if (now === undefined || !mayReceiveJit(now)) return;
        await tx.sealed.put(id, jwe);
        await touchHost(tx, host.id);
      });
    }
    case 'refused':
      return deps.store.transaction(async (tx) => {
        await applyToVm(tx, deps, id, { kind: 'registration-refused', reason: registration.reason });
      });
    case 'name-taken': {
      const taken = await deps.github.findRunner(vm.scope, vm.runnerName);
      if (taken !== undefined && (await isAtWork(deps, vm, taken))) return keepRunner(deps, vm, taken.id);
      return giveUpName(deps, vm);
    }
  }
}

const wantsRunner = (vm: Vm): boolean => vm.runnerId === undefined && mayReceiveJit(vm);

/**
 * Whether the runner of that name has its configuration, and so works in this VM already: we forgot that we made it, as when
 * the database was replaced by an older copy. One whose configuration was lost is never online. If it is not seen at work,
 * it is deleted.
 */
async function isAtWork(deps: Deps, vm: Vm, runner: Runner): Promise<boolean> {
  if (runner.online || runner.busy) return true;
  return (await deps.github.deleteRunner(vm.scope, runner.id)) === 'busy';
}

async function keepRunner(deps: Deps, vm: Vm, runner: RunnerId): Promise<void> {
  await deps.store.transaction(async (tx) => {
    await applyToVm(tx, deps, vm.id, { kind: 'registered', runnerId: runner });
    await applyToVm(tx, deps, vm.id, { kind: 'runner-listening' });
  });
}

/**
 * 409 follows when an earlier call worked and its answer was lost: that configuration cannot be fetched again. So the VM takes
 * a new name; the task is tried again with it.
 */
async function giveUpName(deps: Deps, vm: Vm): Promise<void> {
  const fresh = nextName(vm.runnerName);
  await deps.store.transaction(async (tx) => {
    const now = await tx.vms.lockRow(vm.id);
    if (now === undefined || now.runnerName !== vm.runnerName) return;
    await tx.vms.update({ ...now, runnerName: fresh });
    await recordRepairs(tx, [
      {
        at: deps.clock.now(),
        kind: 'runner-reregistered',
        cause: 'the name was taken, most likely by a call of ours whose answer was lost',
        subject: { kind: 'vm', id: vm.id },
        owner: scopeOwner(vm.scope),
        data: { from: vm.runnerName, to: fresh },
      },
    ]);
  });
  throw new GitHubError(`registering runner ${vm.runnerName}: the name is taken; trying again as ${fresh}`, {
    kind: 'unavailable',
    status: 409,
  });
}

/** `name`, `name.2`, `name.3` …: GitHub allows 64 characters, and our names have about 30. */
export function nextName(name: RunnerName): RunnerName {
  const numbered = /^(.*)\.(\d+)$/.exec(name);
  const base = numbered?.[1] ?? name;
  const number = numbered?.[2] === undefined ? 1 : Number(numbered[2]);
  return runnerName(`${base}.${number + 1}`);
}
