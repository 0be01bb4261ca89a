// What is to be done with one VM now. Pure: its record, what this process knows of it, and the time in; one thing out.

import type { Owner } from '../domain/lifecycle/vm.ts';
import { type DurationMs, instantOf, toIso } from '../domain/time.ts';
import type { VmEnd } from '../ports/vm-driver.ts';
import type { VmRecord } from '../wire/agent-journal.ts';
import type { AgentLimits } from './limits.ts';

/** What this agent process knows of a VM and no journal holds. */
export interface Sight {
  now: number;
  /** Its process is in our hands. */
  held: boolean;
  /** Its process has ended. */
  ended: VmEnd | undefined;
  /** It may boot now: not too many do. */
  maySlot: boolean;
}

export type Next =
  | { do: 'prepare' }
  /** Take up a process that an earlier agent started. */
  | { do: 'adopt' }
  | { do: 'boot-again'; why: string }
  /** `console: false`: what stands last on its console explains nothing. */
  | { do: 'fail'; reason: string; owner: Owner; console?: false }
  /** Its hard deadline is near. */
  | { do: 'warn'; leftMs: DurationMs }
  /** The agent's own order: a deadline that it keeps by itself. */
  | { do: 'order-end'; rule: 'hard-deadline'; reason: string; owner: Owner }
  | { do: 'order-end'; rule: 'runner-ended'; reason: string }
  | { do: 'stop' }
  /** Wait for news, at most until this time. */
  | { do: 'attend'; until: number };

/** Rules under which a runner may still be alive and is given time to say goodbye. */
const politeRules = new Set(['job-completed', 'hard-deadline', 'operator-force']);

export function isPolite(record: VmRecord): boolean {
  const rule = record.tombstone?.rule;
  return rule !== undefined && politeRules.has(rule) && record.handed && record.runnerExitedAt === undefined;
}

/** Boots are tried this often: those that hang in software emulation do not hang twice. */
export const maxBoots = 2;
/** Of the boot deadline, the share of one boot. */
export const bootShare = (bootTimeoutMs: DurationMs): DurationMs => Math.ceil(bootTimeoutMs / maxBoots);

export function nextStep(record: VmRecord, sight: Sight, limits: AgentLimits): Next {
  const { tombstone, failed, up, spec } = record;
  if (tombstone !== undefined || failed !== undefined) {
    // Whoever is to be asked politely must be in our hands first.
    const first = isPolite(record) && up && !sight.held && sight.ended === undefined;
    return first ? { do: 'adopt' } : { do: 'stop' };
  }
  if (record.rebootedAt !== undefined) return afterReboot(record, record.rebootedAt);
  if (spec === undefined) return strangersStep(record, sight, limits);
  if (!up) return sight.maySlot ? { do: 'prepare' } : { do: 'attend', until: Number.POSITIVE_INFINITY };
  if (sight.ended !== undefined) return afterEnd(record, sight.ended);
  if (!sight.held) return { do: 'adopt' };
  return record.guestUp
    ? livingStep(record, spec.lifetimeMs, sight, limits)
    : bootingStep(record, spec.bootTimeoutMs, sight);
}

function strangersStep(record: VmRecord, sight: Sight, limits: AgentLimits): Next {
  const end = record.acceptedAt + limits.strangerMs;
  if (sight.ended !== undefined)
    return { do: 'order-end', rule: 'runner-ended', reason: 'its process ended' };
  if (sight.now >= end)
    return {
      do: 'order-end',
      rule: 'hard-deadline',
      reason: 'nobody knew it until its deadline',
      owner: 'bellows',
    };
  return sight.held ? { do: 'attend', until: end } : { do: 'adopt' };
}

function bootingStep(record: VmRecord, bootTimeoutMs: DurationMs, sight: Sight): Next {
  const end = (record.bootStartedAt ?? record.acceptedAt) + bootShare(bootTimeoutMs);
  if (sight.now < end) return { do: 'attend', until: end };
  const seconds = Math.round(bootShare(bootTimeoutMs) / 1000);
  const why = `its guest did not answer within ${seconds} s`;
  return record.boots < maxBoots
    ? { do: 'boot-again', why }
    : { do: 'fail', reason: `${why}, ${record.boots} times`, owner: 'bellows' };
}

function livingStep(record: VmRecord, lifetimeMs: DurationMs, sight: Sight, limits: AgentLimits): Next {
  const end = (record.processUpAt ?? record.acceptedAt) + lifetimeMs;
  if (sight.now >= end) return { do: 'order-end', rule: 'hard-deadline', ...blameForAge(record, lifetimeMs) };
  const exited = record.runnerExitedAt;
  if (exited !== undefined && sight.now >= exited + limits.endedMs)
    return { do: 'order-end', rule: 'runner-ended', reason: 'its runner ended and no order came' };
  const warnAt = end - limits.warningMs;
  if (!record.warned && sight.now >= warnAt) return { do: 'warn', leftMs: end - sight.now };
  const times = [record.warned ? end : Math.min(end, warnAt)];
  if (exited !== undefined) times.push(exited + limits.endedMs);
  return { do: 'attend', until: Math.min(...times) };
}

/** Only a job can be blamed for what a job does: a runner that never had one waited for somebody else. */
function blameForAge(record: VmRecord, lifetimeMs: DurationMs): { reason: string; owner: Owner } {
  const lived = `it lived ${minutesOrHours(lifetimeMs)}`;
  if (record.jobStarted) return { reason: lived, owner: 'workflow' };
  return record.said.includes('runner-listening')
    ? { reason: `${lived}, and GitHub gave its runner no job`, owner: 'github' }
    : { reason: `${lived}, and its runner never listened`, owner: 'bellows' };
}

function afterReboot(record: VmRecord, at: number): Next {
  if (record.runnerExitedAt !== undefined || record.spec === undefined)
    return {
      do: 'order-end',
      rule: 'runner-ended',
      reason: 'its runner or its process ended, and the host was rebooted',
    };
  const reason = `the host was rebooted at ${toIso(instantOf(at))}`;
  return { do: 'fail', reason, owner: 'host', console: false };
}

function afterEnd(record: VmRecord, end: VmEnd): Next {
  if (record.runnerExitedAt !== undefined)
    return { do: 'order-end', rule: 'runner-ended', reason: 'its runner ended and the VM went away' };
  if (!record.guestUp) {
    const why = `the VM ended before its guest answered (${end.how}: ${end.detail})`;
    return record.boots < maxBoots
      ? { do: 'boot-again', why }
      : {
          do: 'fail',
          reason: `${why}, ${record.boots} times`,
          owner: end.how === 'exited' ? 'bellows' : 'host',
        };
  }
  const reason = `the VM ended under its runner (${end.how}: ${end.detail})`;
  if (end.how !== 'exited') return { do: 'fail', reason, owner: 'host' };
  return { do: 'fail', reason, owner: record.jobStarted ? 'workflow' : 'bellows' };
}

/** "15 min", "6.5 h" */
export function minutesOrHours(ms: DurationMs): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 6) / 10} h`;
}
