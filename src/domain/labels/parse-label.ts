// The label that asks for a VM: `bellows-[x64-|arm64-|any-]<N>cpu-<M>gb[-<D>gb-disk][-burstable]`. Processors may be a fraction
// (`0.25cpu`) or thousandths (`250mcpu`), memory `512mb`. Further prefixes are configuration, so that workflows written for
// another service need no edit.

import type { Arch, VmShape } from '../scheduling/shape.ts';

export interface LabelPolicy {
  /** Lower-cased, each with its hyphen: `bellows-`, and those of other services whose workflows are to run unchanged. */
  prefixes: readonly string[];
  /** For a label that names none, in a job that names none either. */
  defaultArch: Arch;
  defaultDiskGib: number;
  minMilliCpus: number;
  maxMilliCpus: number;
  minMemoryMib: number;
  maxMemoryMib: number;
  maxDiskGib: number;
  /** Public repositories run the code of strangers; forks may. */
  servePublic: boolean;
  serveForks: boolean;
}

export const defaultLabelPolicy: LabelPolicy = {
  prefixes: ['bellows-'],
  defaultArch: 'x64',
  defaultDiskGib: 20,
  minMilliCpus: 100,
  maxMilliCpus: 64_000,
  minMemoryMib: 256,
  maxMemoryMib: 512 * 1024,
  maxDiskGib: 1024,
  servePublic: false,
  serveForks: false,
};

/** What a size label says. `arch` is undefined when it names none. */
export interface SizeLabel {
  arch: VmShape['arch'] | undefined;
  milliCpus: number;
  memoryMib: number;
  diskGib: number | undefined;
  burstable: boolean;
}

export type ParsedLabel =
  | { kind: 'size'; size: SizeLabel }
  /** It has one of our prefixes and asks for nothing that we can give; `reason` is for the user. */
  | { kind: 'refused'; reason: string }
  /** None of our prefixes. */
  | { kind: 'other' };

const form =
  /^(?:(?<arch>x64|arm64|any)-)?(?<cpus>\d+(?:\.\d+)?)(?<cpuUnit>m?)cpu-(?<memory>\d+(?:\.\d+)?)(?<memoryUnit>gb|mb)(?:-(?<disk>\d+)gb-disk)?(?<burstable>-burstable)?$/;

/** Reads one label, trimmed and lower-cased as `labelSet` leaves it. */
export function parseLabel(label: string, policy: LabelPolicy): ParsedLabel {
  // The longest, where one prefix begins as another: with `ci-` and `ci-big-`, the label `ci-big-2cpu-4gb` has the second.
  const [prefix] = policy.prefixes
    .filter((candidate) => label.startsWith(candidate))
    .sort((a, b) => b.length - a.length);
  if (prefix === undefined) return { kind: 'other' };
  const parts = form.exec(label.slice(prefix.length))?.groups;
  if (parts === undefined) {
    return refused(
      label,
      `is not understood; write for example ${prefix}2cpu-4gb or ${prefix}arm64-2cpu-4gb`,
    );
  }
  const size: SizeLabel = {
    arch: archOf(parts.arch),
    milliCpus: thousandths(parts.cpus ?? '') / (parts.cpuUnit === 'm' ? 1000 : 1),
    memoryMib: (thousandths(parts.memory ?? '') * (parts.memoryUnit === 'gb' ? 1024 : 1)) / 1000,
    diskGib: parts.disk === undefined ? undefined : Number(parts.disk),
    burstable: parts.burstable !== undefined,
  };
  const fault = faultOf(size, policy);
  return fault === undefined ? { kind: 'size', size } : refused(label, fault);
}

const refused = (label: string, why: string): ParsedLabel => ({
  kind: 'refused',
  reason: `label ${label} ${why}`,
});

const archOf = (text: string | undefined): VmShape['arch'] | undefined =>
  text === 'x64' || text === 'arm64' || text === 'any' ? text : undefined;

/** A decimal number times 1000, exact up to three decimals; more give a fraction, which is refused later. */
function thousandths(text: string): number {
  const [whole = '', decimals = ''] = text.split('.');
  const padded = decimals.padEnd(3, '0');
  return Number(whole + padded.slice(0, 3)) + Number(`0.${padded.slice(3)}0`);
}

function faultOf(size: SizeLabel, policy: LabelPolicy): string | undefined {
  const { milliCpus, memoryMib, diskGib } = size;
  if (!Number.isSafeInteger(milliCpus)) return 'asks for less than a thousandth of a processor; write mcpu';
  if (!Number.isSafeInteger(memoryMib)) return 'asks for a broken number of megabytes; write mb';
  if (milliCpus < policy.minMilliCpus)
    return `asks for too few processors; at least ${cpus(policy.minMilliCpus)}`;
  if (milliCpus > policy.maxMilliCpus)
    return `asks for too many processors; at most ${cpus(policy.maxMilliCpus)}`;
  if (memoryMib < policy.minMemoryMib) return `asks for too little memory; at least ${policy.minMemoryMib}mb`;
  if (memoryMib > policy.maxMemoryMib) return `asks for too much memory; at most ${policy.maxMemoryMib}mb`;
  if (diskGib === undefined) return undefined;
  if (diskGib < 1) return 'asks for no disk; at least 1gb-disk';
  if (diskGib > policy.maxDiskGib) return `asks for too much disk; at most ${policy.maxDiskGib}gb-disk`;
  return undefined;
}

const cpus = (milliCpus: number): string =>
  milliCpus % 1000 === 0 ? `${milliCpus / 1000}cpu` : `${milliCpus}mcpu`;

/** The shortest label that asks for this size, under the policy's first prefix. */
export function formatLabel(size: SizeLabel, policy: LabelPolicy): string {
  const memory = size.memoryMib % 1024 === 0 ? `${size.memoryMib / 1024}gb` : `${size.memoryMib}mb`;
  return [
    `${policy.prefixes[0] ?? 'bellows-'}${size.arch === undefined ? '' : `${size.arch}-`}${cpus(size.milliCpus)}`,
    memory,
    ...(size.diskGib === undefined ? [] : [`${size.diskGib}gb-disk`]),
    ...(size.burstable ? ['burstable'] : []),
  ].join('-');
}
