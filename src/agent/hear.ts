// What the agent does with what the control plane says.

import { instantOf } from '../domain/time.ts';
import type { Log } from '../ports/log.ts';
import type { OwnLog } from '../ports/own-log.ts';
import type { JournalEntry } from '../wire/agent-journal.ts';
import type { AgentMessage, ControlPlaneMessage } from '../wire/agent-protocol.ts';
import type { DesiredSet } from './desired-set.ts';
import type { Reconciler } from './reconciler.ts';
import type { VmLogBook } from './vm-log-book.ts';
import type { WorkerDeps } from './worker-deps.ts';

const linesAtOnce = 500;

export interface Hearing extends Pick<WorkerDeps, 'ledger' | 'clock' | 'log'> {
  logs: VmLogBook;
  /** Of the agent itself; undefined where nothing remembers it. */
  ownLog: OwnLog | undefined;
  /** Ends this agent, or the whole machine, after the answer; undefined where nothing would start it again. */
  restart: Restart | undefined;
  desired: DesiredSet;
  reconciler: Reconciler;
}

export type Restart = (how: { reboot: boolean }) => void;

const nothingStartsIt =
  'it was started by hand and not by a service manager, so nothing would start it again';

/** Takes in one message of the control plane. */
export async function hear(
  { ledger, desired, reconciler, logs, ownLog, restart, clock, log }: Hearing,
  message: ControlPlaneMessage,
  send: (answer: AgentMessage) => void,
): Promise<void> {
  switch (message.type) {
    case 'desired': {
      const odd = [...message.vms, ...message.tombstones].find(({ vm }) => !isVmId(vm));
      if (odd !== undefined)
        throw new Error(`the control plane speaks of a VM with an impossible id: ${odd.vm}`);
      if (!desired.take(message, clock.now())) return;
      const { epoch, generation } = message;
      await ledger.write((state) =>
        state.epoch === epoch && state.generation === generation
          ? []
          : [{ kind: 'taken', epoch, generation }],
      );
      reconciler.wake();
      return;
    }
    case 'acknowledge':
      return ledger.write((state) => acknowledged(message.upTo, state.lastNumber, state.events.length));
    case 'read-log':
      // Not waited for: a slow disk must not keep orders waiting.
      void answerLog(logs, message, send, log);
      return;
    case 'read-own-log':
      for (const answer of logAnswers(message.request, ownLog?.read(wantedIn(message)) ?? [])) send(answer);
      return;
    case 'restart': {
      const { request, reboot } = message;
      send({ type: 'restarting', request, ...(restart === undefined && { refused: nothingStartsIt }) });
      log.info('an operator wants a restart', { reboot, obeyed: restart !== undefined });
      restart?.({ reboot });
    }
  }
}

/** Ids become names of folders that are removed with all that is in them, and this may run as root. */
const isVmId = (text: string): boolean => /^vm-[0-9a-z]{1,32}$/.test(text);

/** An acknowledgement of numbers that were never given: this journal is younger than what the control plane has heard. */
function acknowledged(upTo: number, lastNumber: number, waiting: number): JournalEntry[] {
  if (upTo > lastNumber) return [{ kind: 'renumbered', above: upTo }];
  return waiting === 0 ? [] : [{ kind: 'acknowledged', upTo }];
}

async function answerLog(
  logs: VmLogBook,
  { request, vm, ...asked }: Extract<ControlPlaneMessage, { type: 'read-log' }>,
  send: (answer: AgentMessage) => void,
  log: Log,
): Promise<void> {
  try {
    for (const answer of logAnswers(request, await logs.read(vm, wantedIn(asked)))) send(answer);
  } catch (error) {
    // Whoever asked is told after a while that the host did not answer.
    log.error('the log of a VM cannot be read', { vm, error });
  }
}

const wantedIn = ({ lines, since }: { lines: number; since?: number | undefined }) => ({
  count: lines,
  ...(since !== undefined && { since: instantOf(since) }),
});

function logAnswers(request: string, lines: readonly string[]): AgentMessage[] {
  const pieces: AgentMessage[] = [];
  for (let at = 0; at === 0 || at < lines.length; at += linesAtOnce) {
    const last = at + linesAtOnce >= lines.length;
    pieces.push({ type: 'log', request, lines: lines.slice(at, at + linesAtOnce), last });
  }
  return pieces;
}
