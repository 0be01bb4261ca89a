import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DemoAgent } from '../demo-agent.ts';
import type { AgentOrder } from './agent-order.ts';

const script = join(import.meta.dirname, 'agent-process.ts');

/** The agent as a child process. Its VMs are nobody's children and live on when it is killed. */
export async function startKillableAgent(order: AgentOrder): Promise<DemoAgent> {
  let child = await start(order);
  return {
    async crash() {
      await end(child, () => child.kill('SIGKILL'));
      child = await start(order);
    },
    stop: () => end(child, () => child.send('stop')),
  };
}

async function start(order: AgentOrder): Promise<ChildProcess> {
  // The folder stands there for whoever looks for processes of this demo.
  const child = fork(script, [order.folder], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send(order);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the agent's process ended with ${code} before it had started`);
  });
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return child;
}

async function end(child: ChildProcess, how: () => unknown): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  how();
  await exit;
}
