// How long it takes from an order at the agent until a runner listens at the (simulated) GitHub: in a VM of the warm pool, and
// in one that boots, in turns. What starting the runner's own process costs is the same for both, and is told apart.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDefaultImage, hostImages } from '../src/main/default-image.ts';
import { simulatedGithub, type World } from '../test/github-simulator/octocat.ts';
import { hostNameInGuests, startAgent } from './boot/agent.ts';
import { benchMachine } from './boot/machine.ts';
import { median } from './median.ts';

export interface WarmOptions {
  pairs?: number;
  /** Gets a line for each measurement. */
  say?: (line: string) => void;
}

const label = 'bellows-bench';

/** Keys: warmMs, coldMs, runnerStartMs, ratio, pairs. Milliseconds are medians; ratio is (warmMs − runnerStartMs) / coldMs. */
export async function run({ pairs = 5, say = () => {} }: WarmOptions = {}): Promise<object> {
  const { digest } = await buildDefaultImage({
    keep: 4,
    onProgress: ({ step, state }) => (state === 'begun' ? say(`image: ${step}`) : undefined),
  });
  const folder = await mkdtemp(join(tmpdir(), 'bellows-bench-'));
  const images = hostImages();
  await using github = await simulatedGithub({ runnerUrl: `http://${hostNameInGuests}` });
  const { port: hostPort } = github.server;
  const agentFor = (name: string, warm: number) =>
    startAgent(join(folder, name), images, digest, benchMachine, { hostPort, warm });
  const cold = await agentFor('cold', 0);
  const warm = await agentFor('warm', 1);
  try {
    const results: { coldMs: number; warmMs: number; runnerStartMs: number }[] = [];
    for (let pair = 1; pair <= pairs; pair++) {
      // Nothing else may boot while one is measured.
      await warm.warmedUp();
      const { ms: coldMs } = await cold.listen(await jitConfig(github));
      const { ms: warmMs, runnerStartMs } = await warm.listen(await jitConfig(github));
      results.push({ coldMs, warmMs, runnerStartMs });
      say(`${pair}: cold ${coldMs} ms, warm ${warmMs} ms, of which the runner's start ${runnerStartMs} ms`);
    }
    const middle = (of: keyof (typeof results)[number]): number => median(results.map((one) => one[of]));
    const [coldMs, warmMs, runnerStartMs] = [middle('coldMs'), middle('warmMs'), middle('runnerStartMs')];
    const ratio = Math.round(((warmMs - runnerStartMs) / coldMs) * 1000) / 1000;
    return { warmMs, coldMs, runnerStartMs, ratio, pairs };
  } finally {
    await Promise.all([cold.stop(), warm.stop()]);
    await rm(folder, { recursive: true, force: true });
  }
}

let count = 0;

async function jitConfig(github: World): Promise<string> {
  count += 1;
  const { status, body } = await github.asInstallation(
    'POST',
    '/orgs/acme/actions/runners/generate-jitconfig',
    { name: `bench-${count}`, runner_group_id: 1, labels: [label] },
  );
  if (status !== 201) throw new Error(`the simulator gave no JIT configuration: ${status}`);
  return String(body.encoded_jit_config);
}
