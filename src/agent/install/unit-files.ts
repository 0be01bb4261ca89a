// The systemd units of an installed agent.
//
// VMs must outlive the service that starts them, and systemd must not touch the limits of their control groups. So they live
// in the control group of a second unit, which does nothing but delegate it. A slice alone would not do:
// systemd manages what is directly below a slice, and would switch controllers off again that it sees no use for.

import type { SetupFile } from '../../ports/host-setup.ts';
import { currentLink, launcher, places, vmsControlGroup } from './places.ts';

export const units = {
  agent: 'bellows-agent.service',
  vms: 'bellows-vms.service',
  slice: 'bellows.slice',
  /** systemd wants it named after the folder (systemd.mount(5)). */
  mount: 'var-lib-bellows.mount',
} as const;

/** Not ours: an operator's registry mirror. Where there is a unit of this name it is started with the agent. */
const mirrorUnit = 'bellows-mirror.service';

export interface MountSettings {
  uuid: string;
  quotas: boolean;
}

/** All unit files; without `disk` none for a mount. */
export function unitFiles(disk: MountSettings | undefined): SetupFile[] {
  const files: [string, string][] = [
    [units.slice, slice],
    [units.vms, vms],
    [units.agent, agent],
    ...(disk === undefined ? [] : [[units.mount, mount(disk)] satisfies [string, string]]),
  ];
  return files.map(([name, text]) => ({
    path: `${places.units}/${name}`,
    text: `${header}${text}`,
    mode: 0o644,
  }));
}

const header =
  '# Written by `bellows agent install`, which overwrites it. Change it with `systemctl edit`.\n';

const slice = `[Unit]
Description=Bellows: virtual machines of GitHub Actions jobs
Documentation=man:systemd.slice(5)
`;

/**
 * Its one process keeps the control group there: systemd removes an empty one at a moment of its own choosing, and with it that
 * of a VM that has just been made. The process steps aside into a group below, since the kernel allows none in a group that
 * limits others (Linux, cgroup-v2.rst, no internal process constraint); for the same reason a start begins by lifting the
 * limits of nobody.
 */
const vms = `[Unit]
Description=Bellows: the control group of the VMs
StartLimitIntervalSec=0

[Service]
Type=exec
Slice=${units.slice}
Delegate=yes
KillMode=process
Restart=always
RestartSec=10
OOMScoreAdjust=-900
TasksMax=infinity
WorkingDirectory=/sys/fs/cgroup
ExecStartPre=/bin/sh -c 'cd ${vmsControlGroup}; ls -d vm-* >/dev/null 2>&1 || for one in $$(cat cgroup.subtree_control); do echo "-$$one" > cgroup.subtree_control; done'
ExecStart=/bin/sh -c 'mkdir -p ${vmsControlGroup}/keeper && echo $$$$ > ${vmsControlGroup}/keeper/cgroup.procs && exec sleep infinity'
ExecStartPost=/bin/sh -c 'until grep -q . ${vmsControlGroup}/keeper/cgroup.procs; do sleep 0.1; done'
`;

/**
 * It has root's rights, since it makes taps, firewall rules and control groups and hands VMs their users. What it does not
 * need is taken away. Not here, and why: ProtectKernelTunables (it switches forwarding on), ProtectControlGroups, PrivateDevices
 * (/dev/kvm, /dev/net/tun), MemoryDenyWriteExecute (JavaScript and emulated processors are compiled at run time).
 */
const agent = `[Unit]
Description=Bellows: runs GitHub Actions jobs in virtual machines
Documentation=man:systemd.exec(5)
Wants=network-online.target ${units.vms} ${mirrorUnit}
After=network-online.target nftables.service ${units.vms}
RequiresMountsFor=${places.state}
StartLimitIntervalSec=0

[Service]
# It says when it is up, so that a start that fails is told to whoever starts it.
Type=notify
NotifyAccess=all
TimeoutStartSec=300
ExecStart=${currentLink}/${launcher} agent
EnvironmentFile=${places.environment}
WorkingDirectory=${places.state}
# VMs go on when the agent is restarted or replaced; the next one takes them up.
KillMode=process
Delegate=yes
Restart=always
RestartSec=2
TimeoutStopSec=60
TasksMax=infinity
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes
ProtectSystem=full
ProtectHome=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_VSOCK
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL CAP_MKNOD CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_RAW CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYS_ADMIN CAP_SYS_CHROOT CAP_SYS_NICE CAP_SYS_PTRACE CAP_SYS_RESOURCE

[Install]
WantedBy=multi-user.target
`;

function mount({ uuid, quotas }: MountSettings): string {
  return `[Unit]
Description=Bellows: the disk of the agent and its VMs

[Mount]
What=/dev/disk/by-uuid/${uuid}
Where=${places.state}
Type=ext4
Options=noatime${quotas ? ',usrquota' : ''}

[Install]
WantedBy=multi-user.target
`;
}
