// The conversation that turns a fresh Firecracker into a machine that runs.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import { VmStartError } from '../../ports/vm-driver.ts';
import { ApiClient } from './api-client.ts';
import { machineRequests, startRequest, versionRequest } from './api-requests.ts';
import type { HostPath } from './jail.ts';
import { kernelFormat, kernelProblem } from './kernel-format.ts';
import type { JailedMachine } from './machine-demands.ts';
import { demandVersion } from './programs.ts';
import { featuresOf } from './version.ts';

export interface Conversation {
  machine: JailedMachine;
  apiSocket: HostPath;
  pid: number | undefined;
  /** It was started with its PCI bus. */
  pci: boolean;
  arch: string;
  clock: Clock;
  patience: { listenMs: number; answerMs: number };
  /** Aborted when the process has ended, or nobody waits for it. */
  over: AbortSignal;
}

const lookMs = 2;

/** @throws with Firecracker's own word, or VmStartError with ours. */
export async function configure(conversation: Conversation): Promise<void> {
  const { machine, over, pci } = conversation;
  const { api, version } = await greet(conversation);
  try {
    const features = featuresOf(demandVersion(version, 'GET /version'));
    const problem = kernelProblem(await kernelFormat(machine.kernelPath), {
      arch: conversation.arch,
      features,
      version,
    });
    if (problem !== undefined) throw new VmStartError(problem);
    await demandCgroup(conversation);
    for (const request of [...machineRequests(machine, { pci, features }), startRequest]) {
      over.throwIfAborted();
      await api.call(request);
    }
  } finally {
    await api.close();
  }
}

/** Waits until it listens: its socket appears before it does. */
async function greet({
  apiSocket,
  clock,
  patience,
  over,
}: Conversation): Promise<{ api: ApiClient; version: string }> {
  const deadline = clock.now() + patience.listenMs;
  for (;;) {
    over.throwIfAborted();
    const api = await ApiClient.open(apiSocket, clock, patience.answerMs).catch(unlessItComes);
    if (api !== undefined) {
      const answer = await api.call(versionRequest).catch(async (error: unknown) => {
        await api.close();
        return unlessItComes(error);
      });
      if (answer !== undefined) return { api, version: versionOf(answer) };
    }
    if (clock.now() > deadline)
      throw new Error(`it did not listen at its API socket in ${patience.listenMs / 1000} s`);
    await clock.sleep(lookMs, over);
  }
}

/** Undefined for what a little time mends. */
function unlessItComes(error: unknown): undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
  throw error;
}

function versionOf(answer: unknown): string {
  const version: unknown =
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'firecracker_version') : undefined;
  return typeof version === 'string' ? version.slice(0, 50) : '';
}

/** A jailer that does not find the control group goes on without one, and says nothing (firecracker/src/jailer/src/env.rs). */
async function demandCgroup({ machine: { cgroup }, pid }: Conversation): Promise<void> {
  if (cgroup === undefined) return;
  const members = await readFile(join(cgroup, 'cgroup.procs'), 'utf8').catch((cause: unknown) => {
    throw new VmStartError(`its control group is gone: ${cgroup}`, { cause });
  });
  if (!members.split('\n').includes(String(pid)))
    throw new VmStartError(
      `it is not in its control group, so nothing would hold it to its share: ${cgroup}`,
    );
}
