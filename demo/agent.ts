// The demo's one host.

import { join } from 'node:path';
import { startKillableAgent } from './chaos/killable-agent.ts';
import type { DemoAgent } from './demo-agent.ts';
import { type AgentOptions, startLocalAgent } from './local-agent.ts';
import { startVmAgent } from './vm-agent.ts';

export interface ProvideOptions extends AgentOptions {
  driver: 'qemu' | 'sim';
  /** With real VMs: in a process of its own. */
  killable: boolean;
  verbose: boolean;
}

export async function provideAgent(options: ProvideOptions): Promise<DemoAgent> {
  if (options.driver === 'sim') return startLocalAgent(options);
  const { backstage, log, killable, verbose } = options;
  const order = {
    url: backstage.server.url,
    folder: join(backstage.folder, 'agent'),
    enrolToken: backstage.enrolToken,
    githubPort: backstage.githubServer.port,
  };
  if (killable) return startKillableAgent({ ...order, verbose });
  const agent = await startVmAgent({ ...order, log });
  return {
    crash: () => Promise.reject(new Error('bug: this agent is part of the demo, and dies with it only')),
    stop: () => agent.stop(),
  };
}
