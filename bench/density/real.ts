// One agent with real VMs whose guests have booted and wait.

import { buildDefaultImage, hostImages } from '../../src/main/default-image.ts';
import { startAgent } from '../boot/agent.ts';
import { collector, type Load, loadWith } from './load.ts';

const counts = [1, 4];

const [folder = ''] = process.argv.slice(2);
const collect = collector();
const { digest } = await buildDefaultImage({ keep: 4, onProgress: () => undefined });
const machine = { vcpus: 1, memoryMib: 512, scratchGib: 4 };
const agent = await startAgent(folder, hostImages(), digest, machine);
const loads: Load[] = [];
try {
  for (const count of counts) {
    await agent.keep(count);
    loads.push(await loadWith(count, collect));
    console.error(`${count} real VMs: ${loads.at(-1)?.rssKib} KiB`);
  }
} finally {
  await agent.stop();
}
console.log(JSON.stringify(loads));
