// The desired set of one host, made afresh from the rows each time: there is no list of orders that could get lost.

import type { HostId } from '../domain/ids.ts';
import type { Timing } from '../domain/lifecycle/deadlines.ts';
import type { Vm } from '../domain/lifecycle/vm.ts';
import { vcpusOf } from '../domain/scheduling/shape.ts';
import type { Instant } from '../domain/time.ts';
import type { Transaction } from '../ports/store.ts';
import { agentProtocolVersion, type ControlPlaneMessage, type DesiredVm } from '../wire/agent-protocol.ts';
import type { Settings } from './settings.ts';

export type DesiredMessage = Extract<ControlPlaneMessage, { type: 'desired' }>;

export async function desiredOf(
  tx: Transaction,
  host: HostId,
  epoch: string,
  { timing, image }: Pick<Settings, 'timing' | 'image'>,
): Promise<DesiredMessage | undefined> {
  const row = await tx.hosts.get(host);
  if (row === undefined) return undefined;
  const vms = await tx.vms.onHost(host);
  const wanted = vms.filter((vm) => vm.tombstone === undefined);
  return {
    type: 'desired',
    protocol: agentProtocolVersion,
    epoch,
    generation: row.generation,
    image,
    ...(row.hold !== undefined && { held: true }),
    vms: await Promise.all(wanted.map(async (vm) => desiredVm(vm, timing, await tx.sealed.get(vm.id)))),
    tombstones: vms.flatMap(({ id, tombstone }) =>
      tombstone === undefined
        ? []
        : [{ vm: id, reason: tombstone.reason.slice(0, 1024), rule: tombstone.rule }],
    ),
  };
}

function desiredVm(vm: Vm, timing: Timing, sealedJit: string | undefined): DesiredVm {
  const question = questionOf(vm);
  return {
    vm: vm.id,
    vcpus: vcpusOf(vm.shape),
    milliCpus: vm.shape.milliCpus,
    memoryMib: vm.shape.memoryMib,
    diskGib: vm.shape.diskGib,
    burstable: vm.shape.burstable,
    image: vm.image,
    hostname: vm.runnerName.replaceAll(/[^a-z0-9-]/g, '-').slice(0, 63),
    idleTimeoutMs: timing.idleMs,
    bootTimeoutMs: timing.startingMs,
    lifetimeMs: timing.lifetimeMs,
    ...(sealedJit === undefined ? {} : { sealedJit }),
    ...(question === undefined ? {} : { question }),
  };
}

/**
 * What the guest of a VM that is to be released must be asked: whether a worker lives, after GitHub's answer to the
 * deletion. The question carries the instant of that answer, so an answer to it cannot be older.
 */
export function questionOf(vm: Vm): string | undefined {
  const asked = vm.release?.deletion;
  if (asked === undefined) return undefined;
  const answered = vm.release?.worker;
  return answered !== undefined && answered.at >= asked.at ? undefined : `after-${asked.at}`;
}

/** The instant that a question carries; undefined for a text that is none of ours. */
export function instantOfQuestion(question: string): Instant | undefined {
  const match = /^after-(\d{1,16})$/.exec(question);
  return match?.[1] === undefined ? undefined : (Number(match[1]) as Instant);
}
