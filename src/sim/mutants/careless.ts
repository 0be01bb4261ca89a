// Mutants whose hands are careless: with VMs, with what a VM leaves behind, and with secrets.

import type { AgentDeps } from '../../agent/run.ts';
import { type VmId, vmId } from '../../domain/ids.ts';
import { minutes, seconds } from '../../domain/time.ts';
import { Secret } from '../../ports/secret.ts';
import type { Tamper } from '../world/world.ts';
import { alter } from './alter.ts';
import type { Mutant } from './mutant.ts';

export const careless: readonly Mutant[] = [
  {
    name: 'ends each VM ten seconds after its start',
    caughtBy: 'I3 a VM with a job is not destroyed',
    make: () => ({
      agent: (deps) => ({
        ...deps,
        driver: alter(deps.driver, {
          start: async (machine) => {
            const running = await deps.driver.start(machine);
            void deps.clock.sleep(seconds(10)).then(() => deps.driver.stop(machine.vm));
            return running;
          },
        }),
      }),
    }),
  },
  {
    name: 'leaves disks behind, and does not see them',
    caughtBy: 'I5 gone is gone',
    alsoSeenBy: ['I5 nothing is left on hosts'],
    make: () => ({
      agent: (deps) => ({
        ...deps,
        disk: alter(deps.disk, { remove: async () => {}, find: async () => [] }),
      }),
    }),
  },
  {
    name: 'makes a disk anew when its VM is long gone',
    caughtBy: 'I5 nothing is left on hosts',
    make: () => ({
      agent: (deps) => ({
        ...deps,
        disk: alter(deps.disk, {
          find: async () => [],
          remove: async (vm) => {
            await deps.disk.remove(vm);
            void deps.clock.sleep(minutes(1)).then(() => deps.disk.create(vm, 1));
          },
        }),
      }),
    }),
  },
  {
    name: 'starts a second VM with each first, and does not see it',
    caughtBy: 'every VM has a row',
    alsoSeenBy: ['I6 what runs fits into memory', 'I5 nothing is left on hosts'],
    make: () => ({
      agent: (deps) => ({
        ...deps,
        disk: alter(deps.disk, { find: async () => (await deps.disk.find()).filter(isNoTwin) }),
        driver: alter(deps.driver, {
          find: async () => (await deps.driver.find()).filter(isNoTwin),
          start: async (machine) => {
            const twin = twinOf(machine.vm);
            await deps.disk.create(twin, 1);
            await deps.driver.start({ ...machine, vm: twin });
            return deps.driver.start(machine);
          },
        }),
      }),
    }),
  },
  {
    name: 'logs what it unseals',
    caughtBy: 'I8 no secret can be read',
    make: () => onUnseal((secret, { log }) => log.info('unsealed', { configuration: secret.reveal() })),
  },
  {
    name: 'writes what it unseals into its journal',
    caughtBy: 'I8 no secret can be read',
    make: () =>
      onUnseal((secret, { journal }) =>
        journal.append([{ kind: 'unsealed', configuration: secret.reveal() }]),
      ),
  },
  {
    name: 'seals nothing',
    caughtBy: 'I8 no secret can be read',
    make: () => ({
      deps: (deps) => ({ ...deps, sealer: { seal: async (secret) => secret.reveal() } }),
      agent: (deps) => ({
        ...deps,
        identity: alter(deps.identity, { unseal: async (sealed) => new Secret(sealed) }),
      }),
    }),
  },
];

const twinOf = (vm: VmId): VmId => vmId(`${vm}-twin`);
const isNoTwin = (vm: VmId): boolean => !vm.endsWith('-twin');

const onUnseal = (then: (secret: Secret, deps: AgentDeps) => unknown): Tamper => ({
  agent: (deps) => ({
    ...deps,
    identity: alter(deps.identity, {
      unseal: async (sealed) => {
        const secret = await deps.identity.unseal(sealed);
        await then(secret, deps);
        return secret;
      },
    }),
  }),
});
