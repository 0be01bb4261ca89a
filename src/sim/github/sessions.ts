// A runner's session with the broker: opened once, polled for messages, closed at the end. A message is consumed by being
// returned; who could not deliver it puts it back.

import { type Answer, answer, refuse } from './answer.ts';
import { ask, scheduleEviction, stopAsking, unassign } from './assignment.ts';
import type { BrokerMessage, Runner, Session } from './state.ts';
import type { World } from './world.ts';

export interface RunnerHello {
  os: string;
  version: string;
}

/** @returns 409 when the runner has a session already; 403 when its configuration may not be used any more */
export function openSession(world: World, runner: Runner, hello: RunnerHello): Answer<Session> {
  if (runner.removed) return refuse(403, 'The runner registration has been deleted from the server.');
  const { jitConfigValidMs } = world.beliefs;
  if (jitConfigValidMs > 0 && world.clock.now() - runner.createdAt > jitConfigValidMs) {
    return refuse(403, 'The just-in-time configuration is not valid any more.');
  }
  if (runner.session) return refuse(409, 'The runner already has an active session.');
  const session: Session = {
    id: world.ids.guid(),
    runner,
    mailbox: [],
    askingSince: undefined,
    wake: undefined,
    polls: 0,
  };
  runner.session = session;
  runner.os = hello.os;
  runner.version = hello.version;
  runner.lastContactAt = world.clock.now();
  forgetOldSessions(world);
  world.state.sessions.set(session.id, session);
  scheduleEviction(world, runner);
  return answer(session);
}

/** How long a session is known after its runner is gone: long enough for a late poll to hear it. */
const keptMs = 3_600_000;

/** Machines that were killed close no session. The oldest are looked at first, up to one that is alive. */
function forgetOldSessions(world: World): void {
  for (const [id, { runner }] of world.state.sessions) {
    const isOver = runner.removed && runner.job === undefined;
    if (!isOver || world.clock.now() - (runner.lastContactAt ?? runner.createdAt) < keptMs) return;
    world.state.sessions.delete(id);
  }
}

export type Polled =
  | { kind: 'message'; message: BrokerMessage }
  | { kind: 'nothing' }
  | { kind: 'no-session' }
  | { kind: 'runner-gone' };

/**
 * Waits for a message until the poll's hold time (`holdMs`, which may be infinite) is over or `signal` aborts. A job is given only to a poll that says
 * `Online`; a newer poll of the same session ends the older one.
 */
export async function poll(
  world: World,
  sessionId: string,
  status: 'Online' | 'Busy',
  signal: AbortSignal,
  holdMs = world.beliefs.pollHoldMs,
): Promise<Polled> {
  const session = world.state.sessions.get(sessionId);
  if (!session) return { kind: 'no-session' };
  session.wake?.();
  session.polls += 1;
  session.runner.lastContactAt = world.clock.now();
  if (status === 'Online' && !session.runner.job) {
    ask(world, session);
  }
  const held = session.askingSince;
  try {
    if (session.mailbox.length === 0 && !isGone(session)) await hold(world, session, signal, holdMs);
    if (isGone(session)) return { kind: 'runner-gone' };
    const message = signal.aborted ? undefined : session.mailbox.shift();
    return message ? { kind: 'message', message } : { kind: 'nothing' };
  } finally {
    session.polls -= 1;
    if (session.askingSince === held) stopAsking(world, session);
    session.runner.lastContactAt = world.clock.now();
  }
}

/** A deleted runner is heard as long as its job goes on. */
const isGone = ({ runner }: Session): boolean => runner.removed && !runner.job;

function hold(world: World, session: Session, signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancelTimer?.();
      signal.removeEventListener('abort', end);
      if (session.wake === end) session.wake = undefined;
      resolve();
    };
    const cancelTimer = Number.isFinite(ms) ? world.timers.after(ms, end) : undefined;
    signal.addEventListener('abort', end, { once: true });
    session.wake = end;
    if (signal.aborted) end();
  });
}

/** The message did not reach the runner: it is the next one of this session again. */
export function putBack(world: World, sessionId: string, message: BrokerMessage): void {
  const session = world.state.sessions.get(sessionId);
  if (!session) {
    if (message.kind === 'job' && message.job.phase === 'assigned') unassign(world, message.job);
    return;
  }
  session.mailbox.unshift(message);
  session.wake?.();
}

/** Ending a session that is gone is success. A job that it never acquired goes back into the queue at once. */
export function closeSession(world: World, sessionId: string): void {
  const session = world.state.sessions.get(sessionId);
  if (!session) return;
  world.state.sessions.delete(sessionId);
  session.wake?.();
  stopAsking(world, session);
  if (session.runner.session === session) session.runner.session = undefined;
  const { job } = session.runner;
  if (job?.phase === 'assigned') unassign(world, job);
}
