// Whether guests really run under this host's KVM. That /dev/kvm can be opened proves nothing: under nested or unusual
// virtualisation a few instructions run and a kernel hangs. So a real kernel boots, to its first process and no further.

import { spawn } from 'node:child_process';
import { access, constants, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DurationMs } from '../../domain/time.ts';
import type { BootFiles } from '../../ports/image-source.ts';
import { kernelCommandLine, machineType, type Platform } from './command-line.ts';

export interface ProbeOptions {
  image: Pick<BootFiles, 'kernelPath' | 'initramfsPath'>;
  /** Keeps the answer until the host boots again. */
  folder: string;
  program?: string;
  timeoutMs?: DurationMs;
  kvmPath?: string;
  /** Ends the canaries. */
  signal?: AbortSignal;
}

export interface ProbedPlatform {
  platform: Platform;
  /** For people: why it is software emulation, or how long the canary took. */
  reason: string;
}

/** A canary under KVM is up in a second. */
const defaultTimeoutMs = 10_000;
const emulation: Platform = { acceleration: 'tcg', board: 'q35' };

/** Boots a canary under KVM, once for each boot of the host. Never throws for what KVM does: then it is emulation. */
export async function probePlatform(options: ProbeOptions): Promise<ProbedPlatform> {
  const { folder, image, kvmPath = '/dev/kvm' } = options;
  const blocked = await whyNotOpen(kvmPath);
  if (blocked !== undefined) return { platform: emulation, reason: blocked };
  const record = join(folder, 'platform.json');
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  const { mtimeMs } = await stat(image.kernelPath);
  const asked = `${bootId} ${image.kernelPath} ${mtimeMs} ${options.program ?? ''}`;
  const known = await readRecord(record, asked);
  if (known !== undefined) return known;
  const answer = await bootCanaries(options);
  await mkdir(folder, { recursive: true });
  await writeFile(record, JSON.stringify({ asked, ...answer }));
  return answer;
}

/** The smaller board is preferred; both are asked at once, since one that hangs takes the whole time. */
async function bootCanaries(options: ProbeOptions): Promise<ProbedPlatform> {
  const boards = ['microvm', 'q35'] as const;
  const answers = await Promise.all(
    boards.map(async (board) => {
      const platform: Platform = { acceleration: 'kvm', board };
      return { platform, fate: await bootCanary(platform, options) };
    }),
  );
  const alive = answers.find(({ fate }) => fate.alive);
  if (alive !== undefined)
    return { platform: alive.platform, reason: `a guest came up under KVM ${alive.fate.detail}` };
  const fates = answers.map(({ platform, fate }) => `${platform.board} ${fate.detail}`);
  return { platform: emulation, reason: `/dev/kvm is there, but guests fail under it: ${fates.join(', ')}` };
}

async function whyNotOpen(kvmPath: string): Promise<string | undefined> {
  try {
    await access(kvmPath, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT')
      return `this host has no ${kvmPath}: its processor or its hypervisor offers no KVM`;
    return `no permission for ${kvmPath}: add this user to the group kvm (sudo usermod -aG kvm $USER) and log in again`;
  }
}

async function readRecord(path: string, asked: string): Promise<ProbedPlatform | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    const { asked: before, platform, reason } = JSON.parse(text);
    return before === asked ? { platform, reason } : undefined;
  } catch {
    // Not there yet, or cut short by a crash: ask again.
    return undefined;
  }
}

interface Fate {
  alive: boolean;
  detail: string;
}

async function bootCanary(
  platform: Platform,
  { image, program = 'qemu-system-x86_64', timeoutMs = defaultTimeoutMs, signal }: ProbeOptions,
): Promise<Fate> {
  const begun = performance.now();
  const child = spawn(
    // A program of its own watches the time, so that no canary is left when this process is killed meanwhile.
    'timeout',
    [
      ...['--signal=KILL', String(timeoutMs / 1000), program],
      ...['-name', 'bellows-canary', ...machineType(platform), '-m', '256'],
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
      ...['-kernel', image.kernelPath, '-initrd', image.initramfsPath],
      ...['-append', `${kernelCommandLine(platform)} bellows.canary`],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], ...(signal === undefined ? {} : { signal }) },
  );
  let said = '';
  const hear = (chunk: Buffer) => {
    said = (said + chunk.toString('latin1')).slice(-10_000);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const end = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, fatal) => resolve(fatal ?? `exit code ${code}`));
  });
  signal?.throwIfAborted();
  if (said.includes('the canary lives'))
    return { alive: true, detail: `in ${Math.round(performance.now() - begun)} ms` };
  return {
    alive: false,
    detail:
      end === 'SIGKILL' || end === 'exit code 137' ? `hangs (over ${timeoutMs / 1000} s)` : `fails (${end})`,
  };
}
