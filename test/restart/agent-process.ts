// The agent under test, with real VMs, in a process of its own. It is told by message what to do, since arguments and
// environment can be read by others, and stops without its VMs when it is told to or its parent is no more.

import { z } from 'zod';
import { githubAddress, githubName } from '../../demo/github-address.ts';
import { demoLog } from '../../demo/log.ts';
import { seconds } from '../../src/domain/time.ts';
import { cacheFolder, hostImages } from '../../src/main/default-image.ts';
import { startAgent } from '../../src/main/start-agent.ts';
import { Secret } from '../../src/ports/secret.ts';

export const agentOrder = z.object({
  url: z.string(),
  folder: z.string(),
  enrolToken: z.string(),
  githubPort: z.number(),
  version: z.string(),
  /** VMs of 1 GiB at a time. */
  vms: z.number(),
});
export type AgentOrder = z.infer<typeof agentOrder>;

process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

process.once('message', async (message) => {
  const { enrolToken, githubPort, vms, ...order } = agentOrder.parse(message);
  const agent = await startAgent({
    ...order,
    platformFolder: cacheFolder(),
    name: 'restarted',
    enrolToken: async () => new Secret(enrolToken),
    images: hostImages(),
    offer: { memoryMib: vms * 1024 },
    limits: { graceMs: seconds(5), powerOffMs: seconds(5), observeMs: seconds(2) },
    guest: { hosts: [`${githubAddress} ${githubName}`] },
    monitor: { kind: 'qemu' },
    network: {
      kind: 'restricted',
      forwards: [
        { guestAddress: githubAddress, guestPort: 80, hostAddress: '127.0.0.1', hostPort: githubPort },
      ],
    },
    log: demoLog(false, (line) => process.stderr.write(`        ${line}\n`)),
  });
  const stop = async (): Promise<void> => {
    await agent.stop();
    process.exit(0);
  };
  process.once('message', stop);
  process.once('disconnect', stop);
  process.send?.('started');
});
