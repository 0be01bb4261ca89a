// How long a VM takes from the order at the agent until its guest is ready on the guest link, against two yardsticks in the
// same run, taken in turns: the same machine started by a shell script, and the same kernel with an init that only prints.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sparseScratchDisk } from '../src/adapters/linux/scratch-disk.ts';
import { vmId } from '../src/domain/ids.ts';
import { buildDefaultImage, hostImages } from '../src/main/default-image.ts';
import { writeInitramfs } from '../test/support/talking-guest.ts';
import { type AgentUnderTest, startAgent } from './boot/agent.ts';
import { type BareFiles, bootToHello, bootToPrint, printingInit } from './boot/bare.ts';
import { benchMachine } from './boot/machine.ts';
import { median } from './median.ts';

export interface BootOptions {
  pairs?: number;
  /** Gets a line for each measurement. */
  say?: (line: string) => void;
}

interface Turn {
  agentMs: number;
  bareMs: number;
  initMs: number;
  parts: Record<string, number>;
}

const fewestPairs = 9;
const dockerRuns = 3;

/**
 * Keys: ms, bareMs, ratio, initMs, initRatio, dockerMs, parts, pairs. Milliseconds are medians, ratios medians of the ratios
 * of each turn; `parts` says where the agent's time went.
 */
export async function run({ pairs = fewestPairs, say = () => {} }: BootOptions = {}): Promise<object> {
  const { digest } = await buildDefaultImage({
    keep: 4,
    onProgress: ({ step, state }) => (state === 'begun' ? say(`image: ${step}`) : undefined),
  });
  const folder = await mkdtemp(join(tmpdir(), 'bellows-bench-'));
  const images = hostImages();
  const agent = await startAgent(folder, images, digest, benchMachine);
  try {
    const image = await images.resolve(digest);
    const bare = await prepareBare(folder, image);
    const printingInitramfs = await writeInitramfs(image, printingInit, join(bare.folder, 'printing'));
    const printing = { ...bare.files, initramfsPath: printingInitramfs };
    // The first boot reads the image from the disk; every other finds it in memory.
    await agent.boot('guest-up');
    const turns: Turn[] = [];
    for (let count = 1; count <= Math.max(fewestPairs, pairs); count++) {
      const initMs = await bootToPrint(bare.folder, printing);
      // Whichever comes first in a pair may find the machine warmer, so they take turns at that too.
      const early = count % 2 === 0 ? await bootByAgent(agent) : undefined;
      const bareMs = await bootToHello(bare.folder, bare.files);
      const turn = { ...(early ?? (await bootByAgent(agent))), bareMs, initMs };
      turns.push(turn);
      say(`${count}: agent ${turn.agentMs} ms, bare ${bareMs} ms, printing init ${initMs} ms`);
    }
    const dockerMs: number[] = [];
    for (let count = 0; count < dockerRuns; count++) dockerMs.push((await agent.boot('docker')).ms);
    return summary(turns, dockerMs);
  } finally {
    await agent.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepareBare(
  folder: string,
  image: Omit<BareFiles, 'template'>,
): Promise<{ folder: string; files: BareFiles }> {
  const own = join(folder, 'bare');
  await mkdir(own);
  const template = await sparseScratchDisk({ folder: own }).create(
    vmId('vm-template'),
    benchMachine.scratchGib,
  );
  return { folder: own, files: { ...image, template: template.path } };
}

/** The guest counts from its kernel's start; what is left is the host's: the order's way, disk, folder, VMM, link. */
async function bootByAgent(agent: AgentUnderTest): Promise<Pick<Turn, 'agentMs' | 'parts'>> {
  const { ms, phases } = await agent.boot('guest-up');
  const at = (phase: string) => phases.get(phase) ?? 0;
  const parts = {
    host: ms - at('agent'),
    kernel: at('kernel'),
    mounts: at('init') - at('kernel'),
    agent: at('agent') - at('init'),
  };
  return { agentMs: ms, parts };
}

function summary(turns: readonly Turn[], dockerMs: readonly number[]): object {
  const over = (pick: (turn: Turn) => number): number => median(turns.map(pick));
  const names = Object.keys(turns[0]?.parts ?? {});
  return {
    ms: over(({ agentMs }) => agentMs),
    bareMs: over(({ bareMs }) => bareMs),
    ratio: rounded(over(({ agentMs, bareMs }) => agentMs / bareMs)),
    initMs: over(({ initMs }) => initMs),
    initRatio: rounded(over(({ agentMs, initMs }) => agentMs / initMs)),
    dockerMs: median(dockerMs),
    parts: Object.fromEntries(names.map((name) => [name, over(({ parts }) => parts[name] ?? 0)])),
    pairs: turns.length,
  };
}

function rounded(ratio: number): number {
  return Math.round(ratio * 1000) / 1000;
}
