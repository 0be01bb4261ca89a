// What an agent writes down for the agent that comes after it: the entries of its journal. A journal crosses from one
// version of the agent to the next, so it is parsed like any message.

import { z } from 'zod';
import { agentEvent, desiredVm } from './agent-protocol.ts';

const vm = z.string().min(1).max(80);
const at = z.number().int();

/** A VM as it was ordered, without the sealed JIT configuration: that is never written down (I8). */
export const vmSpec = desiredVm.omit({ sealedJit: true, question: true });
export type VmSpec = z.infer<typeof vmSpec>;

/** What a VM of the warm pool and an order for one must have in common. */
export const warmKind = vmSpec.pick({
  vcpus: true,
  milliCpus: true,
  memoryMib: true,
  diskGib: true,
  burstable: true,
  image: true,
});

/** A VM that was booted for no job yet. The host knows it by the name `machine` for as long as it lives. */
export const warmRecord = z.object({ machine: vm, kind: warmKind, at, ready: z.boolean() });
export type WarmRecord = z.infer<typeof warmRecord>;

export const stepNames = ['image', 'disk', 'folder', 'host-network', 'cage', 'start', 'stop'] as const;
export type StepName = (typeof stepNames)[number];

const tombstone = z.object({ reason: z.string(), rule: z.string(), at });
const guestCursor = z.object({ session: z.string().max(64), number: z.number().int() });

/** All that is known of one VM on this host; `gone` ones are only a name and a time. */
export const vmRecord = z.object({
  vm,
  /** The name by which the host knows it, when it was taken from the warm pool; its own otherwise. */
  machine: vm.optional(),
  /** Absent for a stranger: a VM with our mark that no journal of ours knows. */
  spec: vmSpec.optional(),
  acceptedAt: at,
  /** Steps that were begun; what they make may exist. */
  begun: z.array(z.enum(stepNames)),
  /** How often it was started: a boot that hangs is tried once more. */
  boots: z.number().int(),
  bootStartedAt: at.optional(),
  /** The process of the present boot came up. */
  up: z.boolean(),
  processUpAt: at.optional(),
  guestUp: z.boolean(),
  configured: z.boolean(),
  handed: z.boolean(),
  jobStarted: z.boolean(),
  runnerExitedAt: at.optional(),
  warned: z.boolean(),
  /** The host was rebooted then, and this VM cannot have survived it. */
  rebootedAt: at.optional(),
  failed: z.string().optional(),
  tombstone: tombstone.optional(),
  cursor: guestCursor.optional(),
  /** Questions that were answered. */
  answered: z.array(z.string()),
  /** What the guest said and was passed on, each kind once. */
  said: z.array(z.string()),
});
export type VmRecord = z.infer<typeof vmRecord>;

export const agentState = z.object({
  epoch: z.string(),
  generation: z.number().int(),
  /** The number of the last event. */
  lastNumber: z.number().int(),
  /** Events that the control plane has not acknowledged, oldest first. */
  events: z.array(agentEvent),
  /** The boot of the host that all this was written in; absent in journals of versions that did not ask. */
  hostBoot: z.object({ id: z.string().max(64), at }).optional(),
  vms: z.array(vmRecord),
  /** The warm pool. */
  warm: z.array(warmRecord).default([]),
  /** VMs of which nothing is left, with the time of their end: never started again (I2). */
  gone: z.array(z.object({ vm, at })),
});
export type AgentState = z.infer<typeof agentState>;

export const journalEntry = z.discriminatedUnion('kind', [
  /** Stands for all before it. */
  z.object({ kind: z.literal('snapshot'), state: agentState }),
  z.object({ kind: z.literal('taken'), epoch: z.string(), generation: z.number().int() }),
  z.object({ kind: z.literal('host-booted'), id: z.string().max(64), at }),
  z.object({ kind: z.literal('accepted'), at, spec: vmSpec }),
  z.object({ kind: z.literal('stranger'), at, vm }),
  z.object({ kind: z.literal('tombstone'), at, vm, reason: z.string(), rule: z.string() }),
  /** An intent: what the step makes may exist from now on. */
  z.object({ kind: z.literal('begin'), at, vm, step: z.enum(stepNames) }),
  z.object({ kind: z.literal('up'), vm }),
  z.object({ kind: z.literal('boot-again'), at, vm }),
  z.object({ kind: z.literal('configured'), vm }),
  z.object({ kind: z.literal('warned'), vm }),
  z.object({ kind: z.literal('event'), event: agentEvent }),
  /** All up to this number of the guest's messages is written down. */
  z.object({ kind: z.literal('guest-read'), vm, session: z.string().max(64), number: z.number().int() }),
  z.object({ kind: z.literal('acknowledged'), upTo: z.number().int() }),
  /** The control plane has seen higher numbers than this journal: it was lost once, and its events are counted on. */
  z.object({ kind: z.literal('renumbered'), above: z.number().int() }),
  z.object({ kind: z.literal('forgotten'), vm }),
  /** A VM for the warm pool is being made: what is of it may exist from now on. */
  z.object({ kind: z.literal('warm-begun'), at, machine: vm, spec: warmKind }),
  z.object({ kind: z.literal('warm-ready'), machine: vm }),
  /** Nothing of it is left. */
  z.object({ kind: z.literal('warm-gone'), machine: vm }),
  /** From now on the warm VM is the ordered one. */
  z.object({ kind: z.literal('taken-warm'), at, vm, machine: vm }),
]);
export type JournalEntry = z.infer<typeof journalEntry>;
