// The machine on this system's own Linux, with every path in a temporary folder and a script as runner.

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinuxMachine, type MachineParts } from './linux-machine.ts';
import { Phases } from './phases.ts';
import { openPort } from './port.ts';
import { workerLives } from './processes.ts';
import { busyTicksOf, UsagePeaks, usedMemoryMib } from './usage.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bellows-guest-'));
  mkdirSync(join(folder, 'phases'));
  mkdirSync(join(folder, 'kept'));
  mkdirSync(join(folder, 'runner/bin'), { recursive: true });
  writeFileSync(join(folder, 'hosts'), '127.0.0.1 localhost\n');
  writeFileSync(join(folder, 'daemon.json'), '{ "log-level": "warn" }');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function machine(script: string, more: Partial<MachineParts> = {}) {
  const program = join(folder, 'runner/bin/Runner.Listener');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return new LinuxMachine({
    agentVersion: 'test',
    phases: new Phases(join(folder, 'phases')),
    usage: new UsagePeaks({
      procStat: '/proc/stat',
      procMeminfo: '/proc/meminfo',
      procNet: '/proc/net',
      scratch: folder,
    }),
    proc: '/proc',
    keptFolder: join(folder, 'kept'),
    runnerRoot: join(folder, 'runner'),
    runnerRootReady: async () => {},
    runnerCommand: () => [program, 'run'],
    environment: { PATH: '/usr/bin:/bin' },
    hostnamePath: join(folder, 'hostname'),
    hostsPath: join(folder, 'hosts'),
    dockerConfigPath: join(folder, 'daemon.json'),
    setClock: async () => {},
    reloadDocker: async () => {},
    powerOff: async () => {},
    ...more,
  });
}

async function runToEnd(script: string): Promise<{ lines: string[]; code: number }> {
  const lines: string[] = [];
  const code = await new Promise<number>((resolve, reject) => {
    machine(script)
      .startRunner({
        jitConfig: 'the-secret',
        environment: { http_proxy: 'http://p' },
        onLine: (line) => lines.push(line),
        onExit: resolve,
      })
      .catch(reject);
  });
  return { lines, code };
}

const configuration = {
  type: 'configure' as const,
  epochMs: Date.now(),
  hostname: 'vm-1',
  hosts: ['10.0.2.100 github.localhost'],
  environment: {},
  idleTimeoutMs: 1000,
  dockerMirrors: ['http://10.0.2.102:5000'],
};

describe('the runner', () => {
  it('gets its configuration by environment, in a session of its own, and its exit code is told', async () => {
    const { lines, code } = await runToEnd(
      'echo "$ACTIONS_RUNNER_INPUT_JITCONFIG $1 $http_proxy"; read -r _ _ _ _ group session _ </proc/$$/stat; echo "$$ $group $session"; pwd; echo last >&2; printf unfinished; exit 5',
    );
    expect(code).toBe(5);
    expect(lines[0]).toBe('the-secret run http://p');
    const [pid, group, session] = lines[1]?.split(' ') ?? [];
    expect([group, session]).toEqual([pid, pid]);
    expect(lines).toContain(join(folder, 'runner'));
    expect(lines).toContain('last');
    expect(lines).toContain('unfinished');
  });

  it('is killed with all that it started', async () => {
    const lines: string[] = [];
    const exited = Promise.withResolvers<number>();
    const first = Promise.withResolvers<void>();
    const runner = await machine('trap "" TERM; sleep 300 & echo $!; wait; sleep 300').startRunner({
      jitConfig: '',
      environment: {},
      onLine: (line) => {
        lines.push(line);
        first.resolve();
      },
      onExit: exited.resolve,
    });
    await first.promise;
    expect(runner.alive()).toBe(true);
    runner.terminate();
    expect(runner.alive()).toBe(true);
    runner.kill();
    expect(await exited.promise).toBe(-1);
    expect(runner.alive()).toBe(false);
    const child = Number(lines[0]);
    // Killed, whether or not it was reaped already.
    const state = () => {
      try {
        return readFileSync(`/proc/${child}/stat`, 'latin1').split(' ')[2];
      } catch {
        return 'gone';
      }
    };
    await expect.poll(state, { timeout: 10_000 }).toMatch(/^(Z|X|gone)$/);
  });

  it('is taken up by the next agent, with all that it said and its end; it is started once', async () => {
    const script = 'echo one; while [ ! -e "$0.go" ]; do sleep 0.05; done; echo two; exit 5';
    const first = machine(script);
    const ignored = { onLine: () => {}, onExit: () => {} };
    expect(first.takeUpRunner(ignored)).toBe('none');
    const heardByFirst = Promise.withResolvers<void>();
    const started = await first.startRunner({
      ...ignored,
      ...{ jitConfig: '', environment: {}, onLine: () => heardByFirst.resolve() },
    });
    await heardByFirst.promise;

    const lines: [string, boolean][] = [];
    const heard = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<number>();
    const runner = machine(script).takeUpRunner({
      onLine: (line, isOld) => {
        lines.push([line, isOld]);
        heard.resolve();
      },
      onExit: exited.resolve,
    });
    if (typeof runner === 'string') throw new Error(`it is ${runner}`);
    await heard.promise;
    expect([runner.alive(), started.alive()]).toEqual([true, true]);
    writeFileSync(join(folder, 'runner/bin/Runner.Listener.go'), '');
    expect(await exited.promise).toBe(-1);
    expect(lines).toEqual([
      ['one', true],
      ['two', false],
    ]);
    expect(runner.alive()).toBe(false);
    // Its process id may be another's by now.
    runner.kill();
    runner.terminate();
  });

  it('of which an earlier agent did not live to know is not started again', () => {
    const [before, next] = [machine(''), machine('')];
    writeFileSync(join(folder, 'kept/begun'), '');
    for (const one of [before, next])
      expect(one.takeUpRunner({ onLine: () => {}, onExit: () => {} })).toBe('unknown');
  });

  it('that is not there is an error', async () => {
    const broken = machine('', { runnerCommand: () => [join(folder, 'nothing')] });
    const start = { jitConfig: 'the-secret', environment: {}, onLine: () => {}, onExit: () => {} };
    await expect(broken.startRunner(start)).rejects.toThrow('ENOENT');
  });
});

describe('the configuration', () => {
  it('sets name, hosts and mirrors, and leaves a right clock alone; said twice, it stands there once', async () => {
    const done: string[] = [];
    const linux = machine('', {
      setClock: async (at) => void done.push(`clock ${at}`),
      reloadDocker: async () => void done.push('docker'),
    });
    new Phases(join(folder, 'phases')).mark('network', 1);
    expect(linux.configuredBefore()).toBeUndefined();
    // The tests before this one may have taken a while.
    const now = { ...configuration, epochMs: Date.now() };
    await linux.configure(now);
    await linux.configure(now);
    expect(machine('').configuredBefore()).toEqual(now);
    expect(readFileSync(join(folder, 'hostname'), 'utf8')).toBe('vm-1');
    expect(readFileSync(join(folder, 'hosts'), 'utf8')).toBe(
      '127.0.0.1 localhost\n127.0.1.1 vm-1 # bellows\n10.0.2.100 github.localhost # bellows\n',
    );
    expect(JSON.parse(readFileSync(join(folder, 'daemon.json'), 'utf8'))).toEqual({
      'log-level': 'warn',
      'registry-mirrors': ['http://10.0.2.102:5000'],
    });
    expect(done).toEqual(['docker', 'docker']);
  });

  it('sets a wrong clock from the host', async () => {
    const done: number[] = [];
    const linux = machine('', { setClock: async (at) => void done.push(at) });
    new Phases(join(folder, 'phases')).mark('network', 1);
    await linux.configure({ ...configuration, epochMs: 1_900_000_000_400 });
    expect(done).toEqual([1_900_000_000]);
  });
});

describe('what the machine tells', () => {
  it('phases once each, in the order of their ends, as the init wrote them', () => {
    const phases = new Phases(join(folder, 'phases'));
    writeFileSync(join(folder, 'phases/network'), '3.45\n');
    writeFileSync(join(folder, 'phases/kernel'), '1.20\n');
    writeFileSync(join(folder, 'phases/docker.part'), '');
    expect(phases.fresh()).toEqual([
      { phase: 'kernel', uptimeMs: 1200 },
      { phase: 'network', uptimeMs: 3450 },
    ]);
    phases.mark('agent', 2500);
    expect(phases.fresh()).toEqual([{ phase: 'agent', uptimeMs: 2500 }]);
  });

  it('its load, from what the kernel counts', () => {
    expect(busyTicksOf('cpu  10 1 5 1000 50 2 3 9 0 0\ncpu0 1\n')).toBe(21);
    expect(usedMemoryMib('MemTotal:  2048 kB\nMemFree: 1 kB\nMemAvailable:  1024 kB\n')).toBe(1);
    const usage = machine('').usage(false);
    expect(usage.memoryMibPeak).toBeGreaterThan(10);
    expect(usage.diskMibPeak).toBeGreaterThan(0);
  });

  it('a worker process by its program, and nothing else by its arguments', () => {
    const proc = join(folder, 'proc');
    const process = (pid: number, ...words: string[]) => {
      mkdirSync(join(proc, String(pid)), { recursive: true });
      writeFileSync(join(proc, String(pid), 'cmdline'), words.map((word) => `${word}\0`).join(''));
    };
    process(1, '/sbin/init');
    process(20, 'grep', '-r', '/run/bellows/runner/bin/Runner.Worker');
    mkdirSync(join(proc, '30'));
    expect(workerLives(proc)).toBe(false);
    process(40, '/run/bellows/runner/bin/Runner.Worker', 'spawnclient', '1', '2');
    expect(workerLives(proc)).toBe(true);
  });

  it('a port whose reader was replaced: the first stream is there before the host has spoken', async () => {
    const path = join(folder, 'port');
    writeFileSync(path, '');
    const streams = openPort(path, async () => {}, true);
    const first = await streams.next();
    if (first.done) throw new Error('there is no stream');
    await first.value.write(new TextEncoder().encode('here I am'));
    expect(readFileSync(path, 'utf8')).toBe('here I am');
    await streams.return(undefined);
  });

  it('a port that speaks: nothing is a stream before the host has said something', async () => {
    const path = join(folder, 'port');
    writeFileSync(path, '');
    let sleeps = 0;
    const streams = openPort(path, async () => {
      sleeps += 1;
      if (sleeps === 3) writeFileSync(path, 'hello from the host');
    });
    const first = await streams.next();
    expect(sleeps).toBe(3);
    const chunks: string[] = [];
    if (!first.done)
      for await (const chunk of first.value.incoming) chunks.push(new TextDecoder().decode(chunk));
    expect(chunks.join('')).toBe('hello from the host');
    await streams.return(undefined);
  });
});
