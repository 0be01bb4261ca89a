// What a guest says, as news for the control plane. The guest is root in its VM and may lie or shout: each kind of news is
// passed on once, so that no guest can fill the journal or the link.

import type { VmRecord } from '../wire/agent-journal.ts';
import type { GuestMessage } from '../wire/guest-protocol/messages.ts';
import type { EventBody } from './ledger.ts';

export interface Hearing {
  record: VmRecord;
  /** The open question of the control plane, and when the guest was asked. */
  question: { id: string; askedAt: number } | undefined;
}

/** The events that follow from a message; none when it is no news. */
export function newsOf(message: GuestMessage, { record, question }: Hearing): EventBody[] {
  const once = (name: string, ...events: EventBody[]): EventBody[] =>
    record.said.includes(name) ? [] : events;
  switch (message.type) {
    case 'hello':
      return record.guestUp ? [] : [{ kind: 'guest-up', bootId: message.bootId }];
    case 'phase':
      return once(`phase ${message.phase}`, { kind: 'phase', phase: message.phase, ms: message.uptimeMs });
    case 'runner-started':
      return record.handed ? [] : [{ kind: 'handed' }];
    case 'runner-listening':
      return once('runner-listening', { kind: 'runner-listening' });
    case 'job-started':
      return once('job-started', { kind: 'job-started', jobName: message.jobName });
    case 'job-ended':
      return once('job-ended', { kind: 'job-ended', jobName: message.jobName, result: message.result });
    case 'runner-exited':
      return once('runner-exited', { kind: 'runner-exited', code: message.code, ranJob: message.ranJob });
    case 'usage':
      return usage(message, record);
    case 'watchdog':
      return once(`watchdog ${message.finding}`, { kind: 'watchdog', finding: message.finding });
    case 'worker':
      return question?.id === message.question && !record.answered.includes(message.question)
        ? [
            {
              kind: 'worker',
              question: message.question,
              alive: message.alive,
              runnerAlive: message.runnerAlive,
              askedAt: question.askedAt,
            },
          ]
        : [];
    case 'configured':
    case 'reached':
    case 'log':
      return [];
  }
}

const mostUsageReports = 8;

function usage(message: Extract<GuestMessage, { type: 'usage' }>, record: VmRecord): EventBody[] {
  const { type: _, uptimeMs: __, ...figures } = message;
  const told = record.said.filter((name) => name === 'usage').length;
  return told < mostUsageReports ? [{ kind: 'usage', ...figures }] : [];
}
