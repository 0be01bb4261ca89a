// The demo's one host.

import { join } from 'node:path';
import { seconds } from '../src/domain/time.ts';
import { cacheFolder, hostImages } from '../src/main/default-image.ts';
import { type StartedAgent, startAgent } from '../src/main/start-agent.ts';
import { Secret } from '../src/ports/secret.ts';
import { githubAddress, githubName } from './compose.ts';
import { type AgentOptions, startLocalAgent } from './local-agent.ts';

export function provideAgent(
  options: AgentOptions & { driver: 'qemu' | 'sim' },
): Promise<Pick<StartedAgent, 'stop'>> {
  return options.driver === 'sim' ? startLocalAgent(options) : startVmAgent(options);
}

/** Real VMs, which reach nothing but the simulated GitHub. */
function startVmAgent({ backstage, log }: AgentOptions): Promise<StartedAgent> {
  return startAgent({
    url: backstage.server.url,
    folder: join(backstage.folder, 'agent'),
    // The demo's own folder is new each time, and what KVM can do here is not.
    platformFolder: cacheFolder(),
    name: 'demo',
    enrolToken: async () => new Secret(backstage.enrolToken),
    images: hostImages(),
    limits: { graceMs: seconds(5), powerOffMs: seconds(5), observeMs: seconds(2) },
    guest: {
      hosts: [`${githubAddress} ${githubName}`],
      network: {
        kind: 'user',
        restricted: true,
        forwards: [
          {
            guestAddress: githubAddress,
            guestPort: 80,
            hostAddress: '127.0.0.1',
            hostPort: backstage.githubServer.port,
          },
        ],
      },
    },
    log,
    version: 'demo',
  });
}
