// The agent's state is a fold over its journal and nothing else: what is not written down did not happen. A restarted agent
// folds the same entries and stands where its predecessor stood.

import type { AgentState, JournalEntry, VmRecord } from '../wire/agent-journal.ts';
import { type StepName, stepNames } from '../wire/agent-journal.ts';
import type { AgentEvent } from '../wire/agent-protocol.ts';

/** A question comes again at most while it is the last. */
const keptAnswers = 16;

/** The steps that a VM of the warm pool has behind it. */
const prepared: readonly StepName[] = stepNames.filter((name) => name !== 'stop');

export const emptyState: AgentState = {
  epoch: '',
  generation: 0,
  lastNumber: 0,
  events: [],
  vms: [],
  warm: [],
  gone: [],
};

/** The state after one more entry. */
export function apply(state: AgentState, entry: JournalEntry): AgentState {
  switch (entry.kind) {
    case 'snapshot':
      return entry.state;
    case 'taken':
      return { ...state, epoch: entry.epoch, generation: entry.generation };
    case 'host-booted': {
      const { id, at } = entry;
      const lost = state.hostBoot === undefined ? [] : state.vms.filter(({ begun }) => begun.length > 0);
      return {
        ...state,
        hostBoot: { id, at },
        vms: state.vms.map((vm) => (lost.includes(vm) ? { ...vm, rebootedAt: at } : vm)),
      };
    }
    case 'accepted':
      // A stranger that turns out to be ours keeps what is known of it.
      return vmOf(state, entry.spec.vm) === undefined
        ? addVm(state, { ...newRecord(entry.spec.vm, entry.at), spec: entry.spec })
        : changeVm(state, entry.spec.vm, (vm) => ({ spec: vm.spec ?? entry.spec }));
    case 'stranger':
      return addVm(state, newRecord(entry.vm, entry.at));
    case 'tombstone': {
      const { reason, rule, at } = entry;
      // The first order stands: a later one cannot make it gentler.
      return changeVm(state, entry.vm, (vm) => ({ tombstone: vm.tombstone ?? { reason, rule, at } }));
    }
    case 'begin':
      return changeVm(state, entry.vm, (vm) => ({
        begun: [...new Set([...vm.begun, entry.step])],
        // A start that failed took nothing of the guest's time, and was no boot.
        ...(entry.step === 'start'
          ? { bootStartedAt: entry.at, boots: vm.bootStartedAt === undefined ? vm.boots + 1 : vm.boots }
          : {}),
      }));
    case 'boot-again':
      return {
        ...state,
        vms: state.vms.map((record) => {
          if (record.vm !== entry.vm) return record;
          const { bootStartedAt: _hung, machine: _removed, ...rest } = record;
          return { ...rest, begun: [], up: false };
        }),
      };
    case 'up':
      return changeVm(state, entry.vm, () => ({ up: true }));
    case 'configured':
      return changeVm(state, entry.vm, () => ({ configured: true }));
    case 'warned':
      return changeVm(state, entry.vm, () => ({ warned: true }));
    case 'event':
      return applyEvent(state, entry.event);
    case 'guest-read':
      return changeVm(state, entry.vm, () => ({
        cursor: { session: entry.session, number: entry.number },
      }));
    case 'acknowledged':
      return { ...state, events: state.events.filter(({ number }) => number > entry.upTo) };
    case 'renumbered': {
      const events = state.events.map((event, index) => ({ ...event, number: entry.above + index + 1 }));
      return { ...state, events, lastNumber: entry.above + events.length };
    }
    case 'forgotten':
      return { ...state, gone: state.gone.filter(({ vm }) => vm !== entry.vm) };
    case 'warm-begun':
    case 'warm-ready':
    case 'warm-gone':
    case 'taken-warm':
      return applyWarm(state, entry);
  }
}

export function vmOf(state: AgentState, vm: string): VmRecord | undefined {
  return state.vms.find((record) => record.vm === vm);
}

function applyEvent(before: AgentState, event: AgentEvent): AgentState {
  const state = { ...before, events: [...before.events, event], lastNumber: event.number };
  const said = event.event;
  if (said.kind === 'gone') {
    const gone = [...state.gone.filter(({ vm }) => vm !== event.vm), { vm: event.vm, at: event.at }];
    return { ...state, gone, vms: state.vms.filter(({ vm }) => vm !== event.vm) };
  }
  return changeVm(state, event.vm, (vm) => {
    switch (said.kind) {
      case 'process-up':
        return { processUpAt: vm.processUpAt ?? event.at };
      case 'guest-up':
        return { guestUp: true };
      case 'handed':
        return { handed: true };
      case 'job-started':
        return { jobStarted: true, said: [...vm.said, said.kind] };
      case 'runner-exited':
        return { runnerExitedAt: event.at, said: [...vm.said, said.kind] };
      case 'worker':
        return { answered: [...vm.answered, said.question].slice(-keptAnswers) };
      case 'failed':
        return { failed: said.reason };
      case 'phase':
        return { said: [...vm.said, `phase ${said.phase}`] };
      case 'watchdog':
        return { said: [...vm.said, `watchdog ${said.finding}`] };
      default:
        return { said: [...vm.said, said.kind] };
    }
  });
}

function newRecord(vm: string, acceptedAt: number): VmRecord {
  return {
    vm,
    acceptedAt,
    begun: [],
    boots: 0,
    up: false,
    guestUp: false,
    configured: false,
    handed: false,
    jobStarted: false,
    warned: false,
    answered: [],
    said: [],
  };
}

type WarmEntry = Extract<JournalEntry, { kind: 'warm-begun' | 'warm-ready' | 'warm-gone' | 'taken-warm' }>;

/** The warm pool, and what is taken from it. */
function applyWarm(state: AgentState, entry: WarmEntry): AgentState {
  switch (entry.kind) {
    case 'warm-begun': {
      const { machine, spec: kind, at } = entry;
      return { ...state, warm: [...state.warm, { machine, kind, at, ready: false }] };
    }
    case 'warm-ready':
      return {
        ...state,
        warm: state.warm.map((warm) => (warm.machine === entry.machine ? { ...warm, ready: true } : warm)),
      };
    case 'warm-gone':
      return withoutWarm(state, entry.machine);
    case 'taken-warm':
      return changeVm(withoutWarm(state, entry.machine), entry.vm, () => ({
        machine: entry.machine,
        begun: [...prepared],
        boots: 1,
        bootStartedAt: entry.at,
        up: true,
      }));
  }
}

function withoutWarm(state: AgentState, machine: string): AgentState {
  return { ...state, warm: state.warm.filter((warm) => warm.machine !== machine) };
}

function addVm(state: AgentState, record: VmRecord): AgentState {
  return vmOf(state, record.vm) === undefined ? { ...state, vms: [...state.vms, record] } : state;
}

function changeVm(
  state: AgentState,
  vm: string,
  change: (record: VmRecord) => Partial<VmRecord>,
): AgentState {
  const vms = state.vms.map((record) => (record.vm === vm ? { ...record, ...change(record) } : record));
  return { ...state, vms };
}
