import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type VmId, vmId } from '../../domain/ids.ts';
import { tapOf } from '../../domain/network/address-plan.ts';
import type { HostNetwork } from '../../ports/host-network.ts';
import { countedNetwork } from './vm-traffic.ts';

let proc: string;
beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), 'bellows-proc-'));
  await mkdir(join(proc, 'net'));
  await taps({});
});
afterEach(() => rm(proc, { recursive: true }));

const [one, other] = [vmId('vm-00000000000a'), vmId('vm-00000000000b')];
/** What the host's counters of each tap say: received from the VM, sent to it. */
async function taps(counts: Record<VmId, [number, number]>): Promise<void> {
  const lines = Object.entries(counts).map(
    ([vm, [received, sent]]) => `${tapOf(vmId(vm))}: ${received} 1 0 0 0 0 0 0 ${sent} 1 0 0 0 0 0 0`,
  );
  const others = ['Inter-|   Receive', ' face |bytes', '  eth0: 5000 1 0 0 0 0 0 0 5000 1 0 0 0 0 0 0'];
  await writeFile(join(proc, 'net/dev'), [...others, ...lines].join('\n'));
}

it("adds up the taps' counters from the VMs' view, with the last of those that go", async () => {
  const closed: VmId[] = [];
  const inner: HostNetwork = {
    open: async () => {
      await taps({ [one]: [70, 30] });
      return { kind: 'user', restricted: true, forwards: [] };
    },
    close: async (vm) => void closed.push(vm),
    find: async () => [one],
  };
  const counted = countedNetwork(inner, proc);
  await counted.network.open(one);
  expect(await counted.read()).toEqual({ receivedBytes: 30, sentBytes: 70 });
  await taps({ [one]: [100, 31], [other]: [1, 2] });
  await counted.network.close(one);
  expect(closed).toEqual([one]);
  await taps({ [other]: [1, 2] });
  expect(await counted.read()).toEqual({ receivedBytes: 33, sentBytes: 101 });
  expect(await counted.network.find()).toEqual([one]);
});

it('closes a network also when the counters cannot be read', async () => {
  const closed: VmId[] = [];
  const inner: HostNetwork = {
    open: async () => ({ kind: 'user', restricted: true, forwards: [] }),
    close: async (vm) => void closed.push(vm),
    find: async () => [],
  };
  const counted = countedNetwork(inner, proc);
  await rm(join(proc, 'net/dev'));
  await expect(counted.network.close(one)).rejects.toThrow('ENOENT');
  expect(closed).toEqual([one]);
});
