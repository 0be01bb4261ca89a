// The agent's process and its hunter's, seen from the proof: start, hunt, replace, end.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { AgentOrder } from './agent-process.ts';
import { type Hunt, type Kill, kill } from './hunt.ts';
import type { Moment } from './moment.ts';

const script = (name: string): string => join(import.meta.dirname, `${name}.ts`);

export class MortalAgent {
  #order: AgentOrder;
  readonly #hunter: ChildProcess;
  #agent: ChildProcess;

  private constructor(order: AgentOrder, hunter: ChildProcess, agent: ChildProcess) {
    this.#order = order;
    this.#hunter = hunter;
    this.#agent = agent;
  }

  static async start(order: AgentOrder): Promise<MortalAgent> {
    const agent = await startProcess(order);
    return new MortalAgent(order, fork(script('hunter'), [order.folder]), agent);
  }

  /**
   * Resolves when the agent was killed with a VM at one of these moments. The next agent is started by `revive`.
   * @param spare VMs that are let go by.
   */
  async killAt(moments: readonly Moment[], spare: readonly string[], signal: AbortSignal): Promise<Kill> {
    const { pid } = this.#agent;
    if (pid === undefined) throw new Error('the agent has no process');
    const died = once(this.#agent, 'exit', { signal });
    const told = once(this.#hunter, 'message', { signal });
    this.#hunter.send({
      pid,
      journal: this.journal,
      moments: [...moments],
      spare: [...spare],
    } satisfies Hunt);
    const [[message], [code, by]] = await Promise.all([told, died]);
    if (by !== 'SIGKILL') throw new Error(`the agent ended by itself: ${code ?? by}`);
    return kill.parse(message);
  }

  get journal(): string {
    return join(this.#order.folder, 'journal.jsonl');
  }

  async revive(): Promise<void> {
    this.#agent = await startProcess(this.#order);
  }

  /** As an operator upgrades it: the old one stops, and one of another version takes over its folder and VMs. */
  async upgrade(version: string): Promise<void> {
    await this.#end(() => this.#agent.send('stop'));
    this.#order = { ...this.#order, version };
    await this.revive();
  }

  async stop(): Promise<void> {
    this.#hunter.disconnect();
    await this.#end(() => this.#agent.send('stop'));
  }

  async #end(how: () => unknown): Promise<void> {
    if (this.#agent.exitCode !== null || this.#agent.signalCode !== null) return;
    const exit = once(this.#agent, 'exit');
    how();
    await exit;
  }
}

async function startProcess(order: AgentOrder): Promise<ChildProcess> {
  // The folder stands there for whoever looks for processes of this proof.
  const child = fork(script('agent-process'), [order.folder]);
  child.send(order);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the agent's process ended with ${code} before it had started`);
  });
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return child;
}
