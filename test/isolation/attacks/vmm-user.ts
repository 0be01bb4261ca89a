// What a guest reaches that has taken over its VMM: it is then a process of the host, as the VMM's user.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { placeOf } from '../../../src/adapters/vm-qemu/vm-place.ts';
import type { Attack, Lab } from '../attack.ts';
import { driverFolder } from '../guest.ts';

const execute = promisify(execFile);

/** Becomes a user, tries to get at each thing, and prints the names of those where it is not refused. */
const burglar = `
import errno, fcntl, json, os, socket, struct, sys
uid, things = int(sys.argv[1]), json.loads(sys.argv[2])
tun = os.open('/dev/net/tun', os.O_RDWR)
if uid != 0:
    os.setgroups([]); os.setgid(uid); os.setuid(uid)

def connect(path):
    socket.socket(socket.AF_UNIX).connect(path)

def take_tap(device):
    fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH', device.encode(), 0x5002))

ways = {'read': lambda path: open(path, 'rb').read(1), 'write': lambda path: open(path, 'r+b'), 'connect': connect,
        'signal': lambda pid: os.kill(pid, 0), 'tap': take_tap}
for name, (way, what) in things.items():
    try:
        ways[way](what)
        print(name)
    except OSError as error:
        # Whoever is told that it is busy was let in.
        if error.errno not in (errno.EACCES, errno.EPERM): print(name)
`;

async function userOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
}

async function opened(user: number, { attacker, neighbour, folder }: Lab): Promise<readonly string[]> {
  const { machine, tap, vm } = neighbour;
  const pid = neighbour.running.pid ?? 0;
  const things = {
    disk: ['read', machine.scratchPath],
    'guest link': ['connect', machine.guestSocketPath],
    console: ['read', machine.consolePath],
    monitor: ['connect', placeOf(vm, driverFolder(folder)).sockets.monitor],
    memory: ['read', `/proc/${pid}/mem`],
    process: ['signal', pid],
    tap: ['tap', tap.device],
    image: ['write', attacker.machine.rootPath],
  };
  const { stdout } = await execute('python3', ['-c', burglar, `${user}`, JSON.stringify(things)]);
  return stdout.split('\n').filter((name) => name !== '');
}

export const vmmUserAttacks: readonly Attack[] = [
  {
    name: 'escape-to-a-neighbours-files',
    stops: "the VMM's user, who has nothing of any other VM",
    judge: async (lab) => {
      const user = await userOf(lab.attacker.running.pid ?? 0);
      const [as, asRoot] = [await opened(user, lab), await opened(0, lab)];
      const others = [user, await userOf(lab.neighbour.running.pid ?? 0)];
      return {
        blocked: user !== 0 && new Set(others).size === 2 && as.length === 0,
        control: asRoot.length >= 6,
        seen: `as user ${user}: ${as.join(', ') || 'nothing'}; as root: ${asRoot.join(', ')}`,
      };
    },
  },
];
