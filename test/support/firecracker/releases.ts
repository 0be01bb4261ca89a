// What each release of Firecracker brought to its API (firecracker, CHANGELOG.md). An older one refuses it, since its
// structures deny unknown fields. Written down here a second time on purpose: the driver has a table of its own, and this
// one must be able to contradict it.

import type { Release } from './settings.ts';

export interface Addition {
  since: Release;
  /** A property of a definition, or a whole path of the API. */
  what: { definition: string; property: string } | { path: string };
}

const property = (since: Release, definition: string, ...properties: string[]): Addition[] =>
  properties.map((name) => ({ since, what: { definition, property: name } }));
const path = (since: Release, ...paths: string[]): Addition[] =>
  paths.map((name) => ({ since, what: { path: name } }));

export const additions: readonly Addition[] = [
  ...path('1.14', '/serial', '/pmem/{id}', '/hotplug/memory'),
  ...path('1.14', '/balloon/hinting/start', '/balloon/hinting/stop', '/balloon/hinting/status'),
  ...property('1.14', 'Balloon', 'free_page_reporting', 'free_page_hinting'),
  ...property('1.14', 'MmdsConfig', 'imds_compat'),
  ...property('1.14', 'SnapshotLoadParams', 'network_overrides', 'track_dirty_pages'),
  ...property('1.16', 'NetworkInterface', 'mtu'),
  ...property('1.16', 'SerialDevice', 'rate_limiter'),
  ...property('1.16', 'SnapshotLoadParams', 'vsock_override', 'clock_realtime'),
  ...property('1.17', 'SnapshotLoadParams', 'huge_pages'),
  ...property('1.17', 'Metrics', 'emit_id', 'properties'),
];

/** Developer previews and deprecated fields: never to be used by a product, whatever the release (RELEASE_POLICY.md, DEPRECATED.md). */
export const neverToBeSent: readonly { definition: string; property: string; value?: unknown }[] = [
  { definition: 'Drive', property: 'io_engine', value: 'Async' },
  { definition: 'Drive', property: 'socket' },
  { definition: 'Balloon', property: 'free_page_hinting' },
  { definition: 'Vsock', property: 'vsock_id' },
  { definition: 'MachineConfiguration', property: 'cpu_template' },
  { definition: 'MachineConfiguration', property: 'track_dirty_pages' },
];
