// The guest agent as the image's init starts it: one file, on a private Node, as root. Its start counts in every boot, so
// it loads nothing but Node's own modules.

import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { guestPortName } from '../../src/wire/guest-protocol/limits.ts';
import { GuestAgent } from './agent.ts';
import { LinuxMachine, runProgram } from './linux-machine.ts';
import { Phases } from './phases.ts';
import { findPort, openPort } from './port.ts';
import { listenAt, speaksVsock } from './socket-port.ts';
import { UsagePeaks } from './usage.ts';

const busybox = '/usr/lib/bellows/busybox';
const runnerRoot = '/run/bellows/runner';
const runnerUser = 'runner';

/** For the next agent if this one dies; an earlier one may have left something. */
const keptFolder = '/run/bellows/kept';
const isAgain = existsSync(keptFolder);
mkdirSync(keptFolder, { recursive: true, mode: 0o700 });

/** It is Firecracker then, which a guest ends by a reset: after a power-off its process would stay (FAQ of Firecracker). */
const hasVsock = speaksVsock('/sys/bus/virtio/devices');

const phases = new Phases('/run/bellows/phases');
const machine = new LinuxMachine({
  agentVersion: process.env.BELLOWS_VERSION ?? 'development',
  phases,
  usage: new UsagePeaks({
    procStat: '/proc/stat',
    procMeminfo: '/proc/meminfo',
    procNet: '/proc/net',
    scratch: '/run/bellows/scratch',
  }),
  proc: '/proc',
  keptFolder,
  runnerRoot,
  // The init makes it after the network; the mount of its last folder is the last step (guest/init, start-runner-root).
  async runnerRootReady() {
    for (let looks = 0; looks < 1500; looks++) {
      if (isMounted(`${runnerRoot}/_diag`, runnerRoot)) return;
      await machine.sleep(20);
    }
    throw new Error(`${runnerRoot} did not appear`);
  },
  // GitHub's own run.sh hides the exit codes, so its listener is started directly. Node's `uid` option would drop the
  // groups, and with them the way to Docker's socket.
  runnerCommand() {
    const listener = `${runnerRoot}/bin/Runner.Listener`;
    const program = existsSync(listener) ? [listener, 'run'] : ['/usr/lib/bellows/run-runner'];
    return [
      '/usr/bin/setpriv',
      `--reuid=${runnerUser}`,
      `--regid=${runnerUser}`,
      '--init-groups',
      '--',
      ...program,
    ];
  },
  environment: {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/home/runner',
    USER: runnerUser,
    LOGNAME: runnerUser,
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
  },
  hostnamePath: '/proc/sys/kernel/hostname',
  hostsPath: '/etc/hosts',
  dockerConfigPath: '/etc/docker/daemon.json',
  setClock: (epochSeconds) => runProgram(busybox, 'date', '-u', '-s', `@${epochSeconds}`),
  // It may not have started yet, and then it reads the new file by itself.
  reloadDocker: () => runProgram(busybox, 'sh', '-c', 'killall -HUP dockerd || true'),
  async powerOff() {
    await runProgram(busybox, 'sync');
    await runProgram(busybox, hasVsock ? 'reboot' : 'poweroff', '-f');
  },
});

function isMounted(folder: string, parent: string): boolean {
  return existsSync(folder) && statSync(folder).dev !== statSync(parent).dev;
}

async function main(): Promise<void> {
  try {
    // The job's processes die before the agent when memory runs out.
    writeFileSync('/proc/self/oom_score_adj', '-900');
  } catch {
    // Only a preference, and not everybody may set it.
  }
  if (hasVsock) return new GuestAgent(machine).serve(listenAt('/run/bellows/guest.sock'));
  const sleep = (ms: number): Promise<void> => machine.sleep(ms);
  const port = await findPort('/sys/class/virtio-ports', guestPortName, sleep);
  // A port does not show the host that its reader was replaced.
  await new GuestAgent(machine, { greets: isAgain }).serve(openPort(port, sleep, isAgain));
}

void main();
