// The agent with real VMs in a process of its own, so that it can be killed. It stops when it is told to, or when the demo
// itself is no more; Ctrl-C in the terminal is the demo's business.

import { demoLog } from '../log.ts';
import { startVmAgent } from '../vm-agent.ts';
import { agentOrder } from './agent-order.ts';

process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});

process.once('message', async (message) => {
  const { verbose, ...order } = agentOrder.parse(message);
  const log = demoLog(verbose, (line) => process.stdout.write(`        ${line}\n`));
  const agent = await startVmAgent({ ...order, log });
  const stop = async (): Promise<void> => {
    await agent.stop();
    process.exit(0);
  };
  process.once('message', stop);
  process.once('disconnect', stop);
  process.send?.('started');
});
