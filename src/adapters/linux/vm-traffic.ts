// The counters of the VMs' taps, added up. A tap is read once more before it is taken away, so nothing of a VM is missed.

import { readFileSync } from 'node:fs';
import type { VmId } from '../../domain/ids.ts';
import { vmOfTap } from '../../domain/network/address-plan.ts';
import { sumFrom, summedUp, type Traffic, type TrafficSum } from '../../domain/network/traffic.ts';
import type { HostNetwork } from '../../ports/host-network.ts';
import type { VmTraffic } from '../../ports/vm-traffic.ts';
import { devicesIn } from './net-dev.ts';

export interface CountedNetwork extends VmTraffic {
  /** To be used in the place of the one that was handed in. */
  network: HostNetwork;
}

/** @param proc for tests. */
export function countedNetwork(network: HostNetwork, proc = '/proc'): CountedNetwork {
  let sum: TrafficSum | undefined;
  // At once, without waiting: of two looks under way the older one could be added last, and would pass for a new tap.
  const read = (): Traffic => {
    const counts = tapsIn(readFileSync(`${proc}/net/dev`, 'utf8'));
    sum = sum === undefined ? sumFrom(counts) : summedUp(sum, counts);
    return sum.all;
  };
  return {
    read: async () => read(),
    network: {
      find: () => network.find(),
      async open(vm) {
        // A VM's first bytes count, so the sum is begun before the first tap that this agent makes.
        if (sum === undefined) read();
        return network.open(vm);
      },
      async close(vm) {
        try {
          read();
        } finally {
          await network.close(vm);
        }
      },
    },
  };
}

/** What the host receives over a tap is what the VM sent. */
const tapsIn = (devices: string): Map<VmId, Traffic> =>
  new Map(
    devicesIn(devices).flatMap(({ name, receivedBytes, sentBytes }) => {
      const vm = vmOfTap(name);
      return vm === undefined ? [] : [[vm, { receivedBytes: sentBytes, sentBytes: receivedBytes }]];
    }),
  );
