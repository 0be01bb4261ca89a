// Everything that the driver ever asks of Firecracker's API, in the order in which it asks. Pure, so that each request can
// be held against Firecracker's own description, version by version. Never sent, whatever the version: what is marked as a
// developer preview (asynchronous disks, vhost-user, hinting, hot-plugging, diff snapshots) and what is deprecated.

import type { MachineRates, MachineSpec, TapNetwork } from '../../ports/vm-driver.ts';
import { bootArguments } from './boot-arguments.ts';
import { type JailPath, jailed } from './jail.ts';
import type { Features } from './version.ts';

export interface ApiRequest {
  method: 'GET' | 'PUT';
  path: string;
  body?: Readonly<Record<string, unknown>>;
}

/** A machine that Firecracker can be: it has no user-mode network. */
export type TapMachine = Pick<MachineSpec, 'vcpus' | 'memoryMib' | 'rates'> & { network: TapNetwork };

export const versionRequest: ApiRequest = { method: 'GET', path: '/version' };
/** Answers with `state`: `Not started`, `Running` or `Paused`. */
export const stateRequest: ApiRequest = { method: 'GET', path: '/' };
export const startRequest = put('/actions', { action_type: 'InstanceStart' });

/** Everybody's guest may be 3: the host's kernel has no part in Firecracker's vsock. */
const guestCid = 3;

/** What makes the machine, before `startRequest`. @param pci whether the process was started with its PCI bus. */
export function machineRequests(
  machine: TapMachine,
  { pci, features }: { pci: boolean; features: Features },
): ApiRequest[] {
  const { rates = {}, network } = machine;
  return [
    put('/machine-config', { vcpu_count: machine.vcpus, mem_size_mib: machine.memoryMib }),
    put('/boot-source', {
      kernel_image_path: jailed.kernel,
      initrd_path: jailed.initramfs,
      boot_args: bootArguments(network, { pci, features }),
    }),
    // Firecracker puts the root device first, so it is /dev/vda whatever else there is.
    drive('root', jailed.root, { isRoot: true, isReadOnly: true }, rates),
    drive('scratch', jailed.scratch, { isRoot: false, isReadOnly: false }, rates),
    put('/network-interfaces/eth0', {
      iface_id: 'eth0',
      host_dev_name: network.device,
      guest_mac: network.mac,
      ...(features.mtu ? { mtu: network.mtu } : {}),
      ...ifAny('rx_rate_limiter', limiter(rates.netBytesPerSecond)),
      ...ifAny('tx_rate_limiter', limiter(rates.netBytesPerSecond)),
    }),
    put('/vsock', { guest_cid: guestCid, uds_path: jailed.guestSocket }),
    put('/entropy', {}),
    ...(features.freePageReporting ? [balloon] : []),
    ...(features.serialFile ? [serial(features)] : []),
  ];
}

/**
 * Of size 0: it takes nothing from the guest, it gives back to the host what the guest has freed. After the machine's size,
 * which Firecracker holds it against.
 */
const balloon = put('/balloon', { amount_mib: 0, deflate_on_oom: true, free_page_reporting: true });

/** A boot's messages at once, then as much as a person could follow: what is too much is dropped by Firecracker. */
function serial(features: Features): ApiRequest {
  const bucket = { size: 256 * 1024, one_time_burst: 1024 * 1024, refill_time: 1000 };
  return put('/serial', {
    serial_out_path: jailed.console,
    ...(features.serialRateLimiter ? { rate_limiter: bucket } : {}),
  });
}

/**
 * `Unsafe` does not pass the guest's flushes on: no disk outlives its VM. Each of the two disks keeps the rate by itself.
 */
function drive(
  id: string,
  path: JailPath,
  { isRoot, isReadOnly }: { isRoot: boolean; isReadOnly: boolean },
  rates: MachineRates,
): ApiRequest {
  return put(`/drives/${id}`, {
    drive_id: id,
    path_on_host: path,
    is_root_device: isRoot,
    is_read_only: isReadOnly,
    cache_type: 'Unsafe',
    ...ifAny('rate_limiter', limiter(rates.diskBytesPerSecond, rates.diskOpsPerSecond)),
  });
}

/** Buckets that fill in a second: Firecracker looks at a blocked one every 100 ms, so smaller ones would make bursts. */
function limiter(bytesPerSecond?: number, opsPerSecond?: number): Record<string, unknown> {
  const bucket = (perSecond: number) => ({ size: Math.max(1, Math.round(perSecond)), refill_time: 1000 });
  return {
    ...(bytesPerSecond === undefined ? {} : { bandwidth: bucket(bytesPerSecond) }),
    ...(opsPerSecond === undefined ? {} : { ops: bucket(opsPerSecond) }),
  };
}

function ifAny(name: string, value: Record<string, unknown>): Record<string, unknown> {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}

function put(path: string, body: Record<string, unknown>): ApiRequest {
  return { method: 'PUT', path, body };
}
