// One agent with more and more simulated VMs whose runners listen and get no job. The simulated guests live in the same
// process, so what is measured is more than the agent takes.

import { join } from 'node:path';
import { JournalFile } from '../../src/adapters/journal-file/journal-file.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { SystemRandom } from '../../src/adapters/system/random.ts';
import { runAgent } from '../../src/agent/run.ts';
import { hostId, imageDigest, type VmId, vmId } from '../../src/domain/ids.ts';
import { hours, minutes } from '../../src/domain/time.ts';
import { silentLog } from '../../src/ports/log.ts';
import { Secret } from '../../src/ports/secret.ts';
import { SimHost } from '../../src/sim/driver/sim-host.ts';
import { MemoryVmLogs } from '../../src/sim/memory-vm-logs.ts';
import { PlainIdentity, PlainSealer } from '../../src/sim/plain-sealer.ts';
import { socketPair } from '../../src/sim/socket-pair.ts';
import { Control } from '../boot/control.ts';
import { collector, type Load, loadWith } from './load.ts';

const counts = [10, 100, 1000];
const image = imageDigest(`sha256:${'d'.repeat(64)}`);
const [folder = ''] = process.argv.slice(2);
const collect = collector();
const clock = new SystemClock();
const random = new SystemRandom();
const host = new SimHost({
  clock,
  random,
  images: [image],
  facts: { cpus: 4096, memoryMib: 2 ** 24 },
  runner: async (_jit, io) => {
    io.listening();
    await new Promise<void>((resolve) => io.terminate.addEventListener('abort', () => resolve()));
    return 0;
  },
});
const identity = new PlainIdentity('host-density');
const control = new Control();
const agent = await runAgent(
  {
    driver: host.driver,
    disk: host.disk,
    folder: host.folder,
    network: host.network,
    cage: host.cage,
    images: host.imageSource,
    guestLink: host.guestLink,
    inspector: host.inspector,
    vmLogs: new MemoryVmLogs(),
    identity,
    clock,
    random,
    log: silentLog,
    journal: await JournalFile.open(join(folder, 'journal.jsonl')),
    dialer: {
      connect: async () => {
        const [ours, theirs] = socketPair(clock, { delay: () => 0 });
        control.attach(ours);
        return theirs;
      },
    },
  },
  {
    host: hostId('host-density'),
    server: 'http://127.0.0.1:1',
    version: 'bench',
    offer: { maxBooting: 64 },
  },
);

const sealedJit = await new PlainSealer().seal(new Secret('no secret at all'), identity.sealingKey);
const orders: { vm: VmId }[] = [];
const loads: Load[] = [];
for (const count of counts) {
  const before = orders.length;
  while (orders.length < count)
    orders.push(orderFor(vmId(`vm-density${String(orders.length).padStart(5, '0')}`)));
  control.desire(orders, []);
  for (const { vm } of orders.slice(before))
    await control.until(vm, ({ kind }) => kind === 'runner-listening');
  // As the control plane does when it has heard that they were handed over.
  for (const order of orders) Reflect.deleteProperty(order, 'sealedJit');
  control.desire(orders, []);
  control.forget();
  loads.push(await loadWith(count, collect));
  console.error(`${count} simulated VMs: ${loads.at(-1)?.rssKib} KiB`);
}
console.log(JSON.stringify(loads));
await agent.stop();
process.exit(0);

function orderFor(vm: VmId) {
  return {
    vm,
    vcpus: 2,
    milliCpus: 2000,
    memoryMib: 4096,
    diskGib: 20,
    burstable: false,
    image,
    hostname: 'density',
    idleTimeoutMs: hours(5),
    bootTimeoutMs: minutes(5),
    lifetimeMs: hours(6),
    sealedJit,
  };
}
