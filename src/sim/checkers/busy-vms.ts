// I3: a VM whose guest works on a job is not ended by us, except by an operator's force, at its hard deadline, when GitHub
// says that the job is over, or because its host failed it. By which rule, the agent's journal says: it is written there
// before anything is done.

import { apply, emptyState, vmOf } from '../../agent/state.ts';
import { type RunnerName, runnerName, type VmId } from '../../domain/ids.ts';
import { type Instant, minutes } from '../../domain/time.ts';
import { journalEntry } from '../../wire/agent-journal.ts';
import { jobsRunBy } from '../github/inspect.ts';
import type { HostMachine } from '../world/host-machine.ts';
import type { World } from '../world/world.ts';
import type { Checker } from './checker.ts';
import { partsOf } from './jit-secrets.ts';

/** An agent keeps the hard deadline by its host's clock, which may be wrong by so much. */
const clockErrorMs = minutes(25);

interface Life {
  startedAt: Instant;
  runner?: RunnerName;
}

export function makeBusyVmsSpared(): Checker {
  const lives = new Map<VmId, Life>();
  return {
    name: 'I3 a VM with a job is not destroyed',
    family: 'correctness',
    hear: (told, world) => {
      if (told.kind !== 'host') return [];
      const { event, machine } = told;
      const life = lives.get(event.vm) ?? { startedAt: world.clock.now() };
      if (event.kind === 'vm-started') lives.set(event.vm, life);
      if (event.kind === 'jit-handed')
        lives.set(event.vm, { ...life, runner: runnerName(partsOf(event.jitConfig).runnerName) });
      const isByUs = event.kind === 'asked-to-end' || (event.kind === 'vm-ended' && event.by === 'agent');
      if (!isByUs || !event.working) return [];
      const rule = ruleFor(machine, event.vm);
      if (isAllowed(world, rule, life)) return [];
      const what = event.kind === 'vm-ended' ? 'ended' : 'asked to end';
      return [`${event.vm} was ${what} by ${rule ?? 'no rule at all'} while its guest worked on a job`];
    },
  };
}

function ruleFor(machine: HostMachine, vm: VmId): string | undefined {
  const lines = machine.journal
    .text()
    .split('\n')
    .filter((line) => line !== '');
  const entries = lines.flatMap((line) => journalEntry.safeParse(JSON.parse(line)).data ?? []);
  const record = vmOf(entries.reduce(apply, emptyState), vm);
  return record?.tombstone?.rule ?? (record?.failed === undefined ? undefined : 'failed');
}

function isAllowed(world: World, rule: string | undefined, { runner, startedAt }: Life): boolean {
  if (rule === 'operator-force' || rule === 'failed') return true;
  const aged = world.clock.now() - startedAt;
  if (rule === 'hard-deadline' && aged >= world.settings.timing.lifetimeMs - clockErrorMs) return true;
  const jobs = runner === undefined ? [] : jobsRunBy(world.github.world, runner);
  return rule !== undefined && jobs.length > 0 && jobs.every(({ phase }) => phase === 'completed');
}
