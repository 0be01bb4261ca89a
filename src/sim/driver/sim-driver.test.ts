// The sim driver under the contract of all drivers, with a guest that answers line by line.

import { type VmDriverHarness, vmDriverContract } from '../../../test/contract/vm-driver.ts';
import { SystemClock } from '../../adapters/system/clock.ts';
import { imageDigest, vmId } from '../../domain/ids.ts';
import type { ByteStream } from '../../ports/guest-link.ts';
import { LineSplitter } from '../../wire/guest-protocol/line-splitter.ts';
import { SeededRandom } from '../seeded-random.ts';
import { bytePair } from './byte-pair.ts';
import type { SimGuestParts, SimulatedGuest } from './sim-guest.ts';
import { SimHost } from './sim-host.ts';

const image = imageDigest(`sha256:${'c'.repeat(64)}`);

function talkingGuest({ end, console }: SimGuestParts): SimulatedGuest {
  const streams: ByteStream[] = [];
  const serve = async (stream: ByteStream): Promise<void> => {
    const lines = new LineSplitter(1024 * 1024);
    for await (const bytes of stream.incoming)
      for (const line of lines.feed(bytes)) {
        const [verb, ...rest] = line.split(' ');
        if (verb === 'echo') await stream.write(new TextEncoder().encode(`${rest.join(' ')}\n`));
        if (verb === 'power-off') end('exited', 'it powered off');
        if (verb === 'panic') {
          console('Kernel panic - not syncing: sysrq triggered crash');
          end('exited', 'it reset');
        }
      }
  };
  return {
    connect() {
      const [ours, theirs] = bytePair();
      streams.push(ours);
      void serve(ours).catch(() => {});
      return theirs;
    },
    kill: () => {
      for (const stream of streams) stream.close();
    },
  };
}

async function simHarness(): Promise<VmDriverHarness> {
  const host = new SimHost({
    clock: new SystemClock(),
    random: new SeededRandom(1),
    images: [image],
    runner: async () => 0,
    makeGuest: talkingGuest,
  });
  let count = 0;
  return {
    driver: host.driver,
    link: host.guestLink,
    async machine() {
      const vm = vmId(`vm-${String(++count).padStart(12, '0')}`);
      const { path: scratchPath } = await host.disk.create(vm, 1);
      const files = await host.imageSource.resolve(image);
      const network = { kind: 'user' as const, restricted: true, forwards: [] };
      return {
        vm,
        vcpus: 1,
        memoryMib: 64,
        ...files,
        scratchPath,
        network,
        ...(await host.folder.create(vm)),
      };
    },
    restartAgent: async () => host.driver,
    leftovers: async () => host.leftovers().filter((left) => left.startsWith('process')),
    console: async ({ vm }) => (await host.folder.consoleTail(vm, 100)).join('\n'),
    close: async () => {},
  };
}

vmDriverContract('sim', simHarness);
