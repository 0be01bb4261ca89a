// Taking more of the host than was given.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { consoleLimitBytes } from '../../../src/adapters/vm-qemu/bounded-log.ts';
import { connectTo } from '../../../src/adapters/vm-qemu/unix-socket.ts';
import { placeOf } from '../../../src/adapters/vm-qemu/vm-place.ts';
import type { Attack } from '../attack.ts';

const execute = promisify(execFile);
const children = 300;
/** In the bomb's children's command lines; no other process has it. */
const bombMark = 'bellows-fork-bomb';
const bomb = `for i in $(seq ${children}); do (exec -a ${bombMark} sleep 8) & done; wait`;
/** QEMU's own need, and the translated code of the emulator. */
const vmmMib = 400;

export const resourceAttacks: readonly Attack[] = [
  {
    name: 'fork-bomb',
    stops: "the VM: its processes are its own kernel's",
    judge: async (lab) => {
      const ordered = lab.attacker.order('run', { script: bomb, seconds: 60 });
      const inside = await most(ordered, bombs);
      const outside = await most(execute('bash', ['-c', bomb]), bombs);
      return {
        blocked: inside === 0,
        control: outside > children / 2,
        seen: `${inside} processes more on the host; as a plain process ${outside}`,
      };
    },
  },
  {
    name: 'memory-hog',
    stops: "the VM's memory, of which QEMU has no more to give",
    judge: async (lab) => {
      const { memoryMib } = lab.attacker.machine;
      const limit = memoryMib + vmmMib;
      const hog = (mib: number) =>
        `import time\nheld = []\nfor _ in range(${Math.ceil(mib / 32)}): held.append(b"x" * (32 << 20))\ntime.sleep(1)`;
      const script = `python3 -c '${hog(4 * limit)}'`;
      const inside = await most(lab.attacker.order('run', { script, seconds: 60 }), () =>
        residentMib(lab.attacker.running.pid ?? 0),
      );
      const plain = spawn('python3', ['-c', hog(1.5 * limit)], { stdio: 'ignore' });
      const outside = await most(once(plain, 'exit'), () => residentMib(plain.pid ?? 0));
      return {
        blocked: inside > 0 && inside <= limit,
        control: outside > limit,
        seen: `QEMU held ${inside} MiB, the VM has ${memoryMib}; as a plain process ${outside} MiB`,
      };
    },
  },
  {
    name: 'serial-flood',
    stops: `the console's file is kept at ${consoleLimitBytes} bytes`,
    judge: async (lab) => {
      const { machine, vm, driver } = lab.attacker;
      const script = `yes "$(printf 'water %.0s' $(seq 100))" | head -c ${3 * consoleLimitBytes} >/dev/console`;
      await lab.attacker.order('run', { script, seconds: 110 });
      const { size } = await stat(machine.consolePath);
      const text = await readFile(machine.consolePath, 'utf8');
      // The same console, read by somebody who keeps everything.
      driver.release();
      const socket = await connectTo(placeOf(vm, join(lab.folder, 'vms')).sockets.console);
      let kept = 0;
      socket.on('data', (chunk: Buffer) => {
        kept += chunk.length;
      });
      await lab.attacker.order('run', { script, seconds: 110 });
      socket.destroy();
      await driver.adopt(vm);
      return {
        blocked: size <= consoleLimitBytes && text.includes('earlier output was left out'),
        control: kept > consoleLimitBytes,
        seen: `a file of ${size} bytes; without the limit ${kept}`,
      };
    },
  },
];

/** The largest value that was seen while this went on. */
async function most(during: Promise<unknown>, look: () => Promise<number>): Promise<number> {
  let isOver = false;
  const over = during.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  let largest = 0;
  while (!isOver) {
    largest = Math.max(largest, await look());
    await Promise.race([over.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 100))]);
  }
  await over;
  return largest;
}

async function bombs(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.startsWith(bombMark)).length;
}

async function residentMib(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024);
}
