// What Firecracker allows when, and where that stands in its sources. The description of the API says some of it in prose
// only, and some of it wrongly; the code counts.

export type When = 'before' | 'after' | 'both';

export interface StateRule {
  calls: readonly string[];
  /** Before or after the machine runs. */
  when: When;
  source: string;
}

const twoMatches = 'src/vmm/src/rpc_interface.rs: handle_preboot_request, handle_request';

export const stateRules: readonly StateRule[] = [
  {
    calls: ['GET /', 'GET /version', 'GET /vm/config', 'GET /machine-config'],
    when: 'both',
    source: twoMatches,
  },
  { calls: ['GET /mmds', 'PUT /mmds', 'PATCH /mmds', 'GET /balloon'], when: 'both', source: twoMatches },
  {
    calls: [
      ...['PUT /machine-config', 'PATCH /machine-config', 'PUT /boot-source', 'PUT /cpu-config'],
      ...['PUT /vsock', 'PUT /logger', 'PUT /metrics', 'PUT /serial', 'PUT /entropy', 'PUT /balloon'],
      ...['PUT /mmds/config', 'PUT /hotplug/memory', 'PUT /snapshot/load'],
    ],
    when: 'before',
    source: twoMatches,
  },
  {
    // After the start it would be hot-plugging, a developer preview that this machine was not made for.
    calls: ['PUT /drives/{drive_id}', 'PUT /network-interfaces/{iface_id}', 'PUT /pmem/{id}'],
    when: 'before',
    source: 'docs/device-hotplug.md',
  },
  {
    calls: [
      ...[
        'PATCH /drives/{drive_id}',
        'PATCH /network-interfaces/{iface_id}',
        'PATCH /pmem/{id}',
        'PATCH /vm',
      ],
      ...['PUT /snapshot/create', 'GET /balloon/statistics', 'PATCH /balloon/statistics'],
      ...['PATCH /hotplug/memory', 'GET /hotplug/memory'],
      ...['PATCH /balloon/hinting/start', 'PATCH /balloon/hinting/stop', 'GET /balloon/hinting/status'],
    ],
    when: 'after',
    source: twoMatches,
  },
  // The description says "before or after".
  { calls: ['PATCH /balloon'], when: 'after', source: twoMatches },
  // InstanceStart before, everything else after: by its body.
  { calls: ['PUT /actions'], when: 'both', source: twoMatches },
];

export const notAfter = 'The requested operation is not supported after starting the microVM.';
export const notBefore = 'The requested operation is not supported before starting the microVM.';

/** Numbers and alphabets, with their sources. */
export const limits = {
  /** src/vmm/src/lib.rs: HTTP_MAX_PAYLOAD_SIZE. */
  bodyBytes: 51_200,
  /** micro-http, src/server.rs: MAX_CONNECTIONS. */
  connections: 10,
  /** src/vmm/src/arch/x86_64/layout.rs: CMDLINE_MAX_SIZE. */
  commandLineBytes: 2048,
  /** src/firecracker/src/api_server/parsed_request.rs: checked_id. */
  pathId: /^[A-Za-z0-9_]+$/,
  /** src/utils/src/validators.rs: validate_instance_id. */
  instanceId: /^[A-Za-z0-9-]{1,64}$/,
  /** src/vmm/src/devices/virtio/net/tap.rs: IFNAMSIZ less the closing zero. */
  deviceNameBytes: 15,
} as const;
