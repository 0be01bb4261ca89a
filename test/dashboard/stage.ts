// The running product for the browser: simulated GitHub, control plane on its PostgreSQL, an agent whose VMs are simulated,
// and jobs of every kind: passed, failed, running, and waiting for what no host has.

import { setTimeout as delay } from 'node:timers/promises';
import { type Backstage, repository, setBackstage } from '../../demo/compose.ts';
import { destroyAll, endProcesses } from '../../demo/destroy-all.ts';
import { startLocalAgent } from '../../demo/local-agent.ts';
import { look } from '../../demo/watch.ts';
import { workflow, workflowPath } from '../../demo/workflow.ts';
import { imageDigest } from '../../src/domain/ids.ts';
import { silentLog } from '../../src/ports/log.ts';

export interface Stage {
  readonly url: string;
  readonly adminToken: string;
  readonly backstage: Backstage;
  stop(): Promise<void>;
}

const label = 'bellows-2cpu-1gb';
const others = `name: release
on: push
jobs:
  end-to-end:
    runs-on: ${label}
    steps:
      - run: sleep 3600
  train:
    runs-on: [${label}, gpu]
    steps:
      - run: echo never
`;

/** Enough for a machine that has much else to do. */
const limitMs = 180_000;

export async function setStage(): Promise<Stage> {
  const image = imageDigest(`sha256:${'0'.repeat(64)}`);
  const backstage = await setBackstage({
    image,
    emulated: false,
    owners: ['acme', 'globex'],
    runnersAreLocal: true,
    looksOften: false,
    log: silentLog,
  });
  try {
    const agent = await startLocalAgent({ backstage, image, log: silentLog });
    return {
      url: backstage.server.url,
      adminToken: backstage.adminToken,
      backstage,
      async stop() {
        await destroyAll(backstage, limitMs);
        await agent.stop();
        await endProcesses(backstage.folder);
        await backstage.stop();
      },
    };
  } catch (error) {
    await backstage.stop();
    throw error;
  }
}

/** Pushes commits, and waits until their jobs stand where they shall be seen. */
export async function fillStage({ backstage }: Stage): Promise<void> {
  const { github, server } = backstage;
  await github.push({ repository, path: workflowPath, workflowYaml: workflow(label, false) });
  await github.push({ repository, path: '.github/workflows/release.yml', workflowYaml: others });
  for (const end = Date.now() + limitMs; ; await delay(200)) {
    const { jobs } = await look(server.store);
    const count = (state: string): number => jobs.filter((job) => job.state === state).length;
    const waits = jobs.some(({ state, waitingFor }) => state === 'queued' && waitingFor !== '');
    if (count('done') >= 6 && count('running') === 1 && waits) return;
    if (Date.now() > end) {
      throw new Error(`not ready: ${jobs.map(({ name, state }) => `${name} is ${state}`).join(', ')}`);
    }
  }
}
