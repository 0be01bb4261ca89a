// A VM's process is up: now, while the guest boots, its runner is registered. The JIT configuration is a secret that lives
// here only as long as it takes to seal it to the host's key (I8).

import type { RunnerId, RunnerName, VmId } from '../../domain/ids.ts';
import { runnerName } from '../../domain/ids.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import { mayReceiveJit } from '../../domain/lifecycle/vm-start.ts';
import { scopeOwner } from '../../domain/scope.ts';
import { seconds } from '../../domain/time.ts';
import { GitHubError, type Runner } from '../../ports/github.ts';
import { applyToVm, touchHost } from '../apply.ts';
import type { Deps } from '../deps.ts';
import { recordRepairs } from '../repair/book.ts';

const secondTryMs = seconds(0.5);

export async function registerRunner(deps: Deps, id: VmId): Promise<void> {
  if ((await tryToRegister(deps, id)) === 'over') return;
  if ((await tryToRegister(deps, id)) === 'over') return;
  throw new GitHubError('registering a runner: its next name is taken as well', {
    kind: 'unavailable',
    status: 409,
  });
}

/** `renamed`: it is to be tried again at once, under another name. */
async function tryToRegister(deps: Deps, id: VmId): Promise<'over' | 'renamed'> {
  const found = await deps.store.transaction(async (tx) => {
    const vm = await tx.vms.get(id);
    const host = vm?.host === undefined ? undefined : await tx.hosts.get(vm.host);
    return vm !== undefined && host !== undefined ? { vm, host } : undefined;
  });
  if (found === undefined || !wantsRunner(found.vm)) return 'over';

  const { vm, host } = found;
  const registration = await deps.github.registerRunner(vm.scope, vm.runnerName, vm.labels);
  switch (registration.kind) {
    case 'registered': {
      const jwe = await deps.sealer.seal(registration.jitConfig, host.sealingKey);
      await deps.store.transaction(async (tx) => {
        const now = await applyToVm(tx, deps, id, { kind: 'registered', runnerId: registration.runner });
        if (now === undefined || !mayReceiveJit(now)) return;
        await tx.sealed.put(id, jwe);
        await touchHost(tx, host.id);
      });
      return 'over';
    }
    case 'refused':
      await deps.store.transaction(async (tx) => {
        await applyToVm(tx, deps, id, { kind: 'registration-refused', reason: registration.reason });
      });
      return 'over';
    case 'name-taken': {
      const taken = await askTwice(deps, () => deps.github.findRunner(vm.scope, vm.runnerName));
      if (taken !== undefined && (await isAtWork(deps, vm, taken))) {
        await keepRunner(deps, vm, taken.id);
        return 'over';
      }
      await giveUpName(deps, vm);
      return 'renamed';
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
  return (await askTwice(deps, () => deps.github.deleteRunner(vm.scope, runner.id))) === 'busy';
}

/**
 * GitHub has just said that the name is taken, so a call that gets no answer now got none by chance: it is made once more before
 * the whole task is put back. Both calls may be made twice: a runner that the first one deleted is `absent` for the second.
 */
async function askTwice<T>({ clock }: Deps, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof GitHubError) || error.kind !== 'unavailable') throw error;
    await clock.sleep(secondTryMs);
    return ask();
  }
}

async function keepRunner(deps: Deps, vm: Vm, runner: RunnerId): Promise<void> {
  await deps.store.transaction(async (tx) => {
    await applyToVm(tx, deps, vm.id, { kind: 'registered', runnerId: runner });
    await applyToVm(tx, deps, vm.id, { kind: 'runner-listening' });
  });
}

/**
 * 409 follows when an earlier call worked and its answer was lost: that configuration cannot be fetched again. So the VM takes
 * a new name.
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
}

/** `name`, `name.2`, `name.3` …: GitHub allows 64 characters, and our names have about 30. */
export function nextName(name: RunnerName): RunnerName {
  const numbered = /^(.*)\.(\d+)$/.exec(name);
  const base = numbered?.[1] ?? name;
  const number = numbered?.[2] === undefined ? 1 : Number(numbered[2]);
  return runnerName(`${base}.${number + 1}`);
}
