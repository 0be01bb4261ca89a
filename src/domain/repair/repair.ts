// A repair is a thing that went wrong somewhere and was put right without anybody asking. Each one is written down: a system
// that heals in silence hides its illness.

import type { DeliveryGuid, HostId, JobId, RunnerName, VmId } from '../ids.ts';
import type { Instant } from '../time.ts';

export const repairKinds = [
  'delivery-redelivered',
  'delivery-given-up',
  'job-found-by-poll',
  'job-corrected-by-poll',
  'job-corrected-by-read',
  'vm-replaced',
  'vm-reaped',
  'runner-reregistered',
  'registration-swept',
  'host-silent',
  'host-removed',
  'task-taken-over',
] as const;
/**
 * `delivery-redelivered`: a webhook that never reached us was asked for again. `delivery-given-up`: GitHub repeats it no more.
 * `job-found-by-poll`: a job of which no webhook told. `job-corrected-by-poll`, `job-corrected-by-read`: what the API said
 * changed a job's state. `vm-replaced`: a VM left the supply without having had a job, so that another may be asked for in its
 * place; its cause is a `VmLoss`. `vm-reaped`: a VM was taken away at its hard deadline or after idling too long.
 * `runner-reregistered`: a registration whose answer was lost was deleted and made under a new name. `registration-swept`: a
 * registration without a VM was deleted. `host-silent`, `host-removed`: a host said nothing for a while, or for long.
 * `task-taken-over`: a process let the lease of a task run out, and another one took it up.
 */
export type RepairKind = (typeof repairKinds)[number];

/** Why a VM left the supply without a job. Surplus that is given back is none of these: its job needs no VM any more. */
export const vmLosses = [
  'host-did-not-start-it',
  'host-failed',
  'host-silent',
  'guest-silent',
  'registration-refused',
  'runner-broke',
  'runner-never-listened',
  'runner-evicted',
  'job-not-told',
  'idled-out',
  'hard-deadline',
  'known-elsewhere',
  'forced',
] as const;
export type VmLoss = (typeof vmLosses)[number];

export type RepairSubject =
  | { kind: 'job'; id: JobId }
  | { kind: 'vm'; id: VmId }
  | { kind: 'host'; id: HostId }
  | { kind: 'runner'; id: RunnerName }
  | { kind: 'delivery'; id: DeliveryGuid }
  /** The task's key (`lifecycle/task-key.ts`). */
  | { kind: 'task'; id: string };

/** A subject as one text, to find its repairs by. */
export const repairSubject = ({ kind, id }: RepairSubject): string => `${kind} ${id}`;

export interface Repair {
  at: Instant;
  kind: RepairKind;
  /** A short text without names in it, so that repairs can be counted by it. */
  cause: string;
  subject: RepairSubject;
  /** The lower-cased account whom it concerns; absent when it concerns nobody in particular (I9). */
  owner?: string;
  /** Plain JSON without secrets. */
  data: Readonly<Record<string, unknown>>;
}
