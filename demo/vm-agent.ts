import { seconds } from '../src/domain/time.ts';
import { cacheFolder, hostImages } from '../src/main/default-image.ts';
import { type StartedAgent, startAgent } from '../src/main/start-agent.ts';
import type { Log } from '../src/ports/log.ts';
import { Secret } from '../src/ports/secret.ts';
import { githubAddress, githubName } from './github-address.ts';

export interface VmAgentOptions {
  /** Of the control plane. */
  url: string;
  folder: string;
  enrolToken: string;
  /** Where the simulated GitHub listens on this machine. */
  githubPort: number;
  log: Log;
}

/** Real VMs, which reach nothing but the simulated GitHub. */
export function startVmAgent({
  url,
  folder,
  enrolToken,
  githubPort,
  log,
}: VmAgentOptions): Promise<StartedAgent> {
  return startAgent({
    url,
    folder,
    // The demo's own folder is new each time, and what KVM can do here is not.
    platformFolder: cacheFolder(),
    name: 'demo',
    enrolToken: async () => new Secret(enrolToken),
    images: hostImages(),
    limits: { graceMs: seconds(5), powerOffMs: seconds(5), observeMs: seconds(2) },
    guest: { hosts: [`${githubAddress} ${githubName}`] },
    monitor: { kind: 'qemu' },
    network: {
      kind: 'restricted',
      forwards: [
        { guestAddress: githubAddress, guestPort: 80, hostAddress: '127.0.0.1', hostPort: githubPort },
      ],
    },
    log,
    version: 'demo',
  });
}
