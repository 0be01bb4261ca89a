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

export interface FaultRule {
  /** What Firecracker says, as far as it is always the same. */
  words: string;
  source: string;
}

/** What a call is refused for beyond its description and the order of calls. */
export const faultRules = {
  memorySize: {
    words: 'The memory size (MiB) is invalid.',
    source: 'src/vmm/src/vmm_config/machine_config.rs: MachineConfigError::InvalidMemorySize',
  },
  oddWithSmt: {
    words: 'The vCPU number is invalid! The vCPU number can only be 1 or an even number when SMT is enabled.',
    source: 'src/vmm/src/vmm_config/machine_config.rs: MachineConfigError::InvalidVcpuCount',
  },
  kernelFile: {
    words: 'The kernel file cannot be opened',
    source: 'src/vmm/src/vmm_config/boot_source.rs: BootConfig::new opens it at once',
  },
  initrdFile: {
    words: 'The initrd file cannot be opened',
    source: 'src/vmm/src/vmm_config/boot_source.rs: BootConfig::new opens it at once',
  },
  rootTwice: {
    words: 'A root block device already exists!',
    source: 'src/vmm/src/vmm_config/drive.rs: DriveError::RootBlockDeviceAlreadyAdded',
  },
  driveFile: {
    words:
      'Unable to create the virtio block device: Virtio backend error: Error manipulating the backing file',
    source:
      'src/vmm/src/devices/virtio/block/virtio/device.rs: DiskProperties opens it, for writing unless read-only',
  },
  deviceName: {
    words: 'Cannot create network device: Open tap device failed: Invalid interface name.',
    source: 'src/vmm/src/devices/virtio/net/tap.rs: TapError::InvalidIfname',
  },
  tapMissing: {
    words:
      'Cannot create network device: Open tap device failed: Error while creating ifreq structure: Operation not permitted (os error 1). Invalid TUN/TAP Backend provided by',
    source: 'src/vmm/src/devices/virtio/net/tap.rs: TUNSETIFF makes one, which takes CAP_NET_ADMIN',
  },
  macTwice: {
    words: 'The MAC address is already in use:',
    source: 'src/vmm/src/vmm_config/net.rs: NetworkInterfaceError::GuestMacAddressInUse',
  },
  vsockPath: {
    words: 'Cannot create backend for vsock device: Error binding to the host-side Unix socket:',
    source:
      'src/vmm/src/devices/virtio/vsock/unix/muxer.rs: VsockMuxer::new binds at PUT /vsock, not at the start',
  },
  balloonSize: {
    words: 'Amount of pages requested is too large, it exceeds the memory of the machine.',
    source: 'src/vmm/src/vmm_config/balloon.rs, src/vmm/src/resources.rs: set_balloon_device',
  },
  noKernel: {
    words: 'Cannot start microvm without kernel configuration.',
    source: 'src/vmm/src/builder.rs: StartMicrovmError::MissingKernelConfig',
  },
  kernelFormat: {
    words: 'Cannot load kernel due to invalid memory configuration or invalid kernel image:',
    source: 'src/vmm/src/arch/x86_64/mod.rs: an ELF file, and from 1.17 on a bzImage',
  },
  commandLine: {
    words: 'Cannot insert the kernel command line: Command line string overflows guest memory.',
    source: 'src/vmm/src/arch/x86_64/layout.rs: CMDLINE_MAX_SIZE, with what is appended',
  },
} as const satisfies Readonly<Record<string, FaultRule>>;

export type FaultName = keyof typeof faultRules;

/** The refusal of a call by one of these rules. */
export function fault(name: FaultName, more = ''): Error {
  const { words } = faultRules[name];
  return new Error(more === '' ? words : `${words} ${more}`);
}

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
