// Whether a job is ours, and the VM that it asks for. Decided once, when the job is first heard of.

import type { JobIdentity, Service } from '../lifecycle/job.ts';
import type { Arch, VmShape } from '../scheduling/shape.ts';
import type { LabelSet } from './label-set.ts';
import type { LabelPolicy, SizeLabel } from './parse-label.ts';
import { parseLabel } from './parse-label.ts';

/** What GitHub adds to every self-hosted runner by default; all of it is true of each VM and asks nothing of a host. */
const trueOfAll: ReadonlySet<string> = new Set(['self-hosted', 'linux']);
const arches: readonly Arch[] = ['x64', 'arm64'];
const otherSystems: ReadonlySet<string> = new Set(['windows', 'macos']);
/** GitHub takes 1 to 100 labels for a JIT configuration (REST, "Create configuration for a just-in-time runner"). */
const mostLabels = 100;

/**
 * `foreign` when none of the labels has one of our prefixes; `refused` with a reason for the user when it is ours by its labels
 * and cannot or may not be served; otherwise the shape of its VM. Labels that say nothing of size or architecture must be
 * carried by the host: a host may get them later, so they never refuse a job.
 */
export function serviceOf(
  labels: LabelSet,
  policy: LabelPolicy,
  repository: JobIdentity['repository'],
): Service {
  const parsed = labels.map((label) => ({ label, ...parseLabel(label, policy) }));
  const ours = parsed.filter(({ kind }) => kind !== 'other');
  if (ours.length === 0) return { kind: 'foreign' };

  const bad = parsed.find((one) => one.kind === 'refused');
  if (bad?.kind === 'refused') return refuse(bad.reason);
  const sizes = parsed.flatMap((one) => (one.kind === 'size' ? [one.size] : []));
  const [size, second] = sizes;
  if (size === undefined || second !== undefined) {
    return refuse(`it asks for two sizes: ${ours.map(({ label }) => label).join(' and ')}`);
  }
  if (labels.length > mostLabels) return refuse(`it has ${labels.length} labels; GitHub takes ${mostLabels}`);

  const others = parsed.filter(({ kind }) => kind === 'other').map(({ label }) => label);
  const fault = faultOf(others, size) ?? policyFault(policy, repository);
  return fault === undefined ? { kind: 'ours', shape: shapeOf(size, others, policy) } : refuse(fault);
}

const refuse = (reason: string): Service => ({ kind: 'refused', reason });

function faultOf(others: readonly string[], size: SizeLabel): string | undefined {
  const system = others.find((label) => otherSystems.has(label));
  if (system !== undefined) return `label ${system}: Bellows runs Linux`;
  const asked = arches.filter((arch) => others.includes(arch));
  if (asked.length > 1) return 'it asks for both x64 and arm64; write any- in the size label for either';
  const [arch] = asked;
  if (arch !== undefined && size.arch !== undefined && size.arch !== 'any' && size.arch !== arch) {
    return `it asks for ${size.arch} by its size label and for ${arch} by another`;
  }
  return undefined;
}

function policyFault(policy: LabelPolicy, repository: JobIdentity['repository']): string | undefined {
  if (!repository.private && !policy.servePublic) {
    return `${repository.fullName} is public, and this installation does not serve public repositories`;
  }
  if (repository.fork && !policy.serveForks) {
    return `${repository.fullName} is a fork, and this installation does not serve forks`;
  }
  return undefined;
}

function shapeOf(size: SizeLabel, others: readonly string[], policy: LabelPolicy): VmShape {
  const asked = arches.find((arch) => others.includes(arch));
  return {
    milliCpus: size.milliCpus,
    memoryMib: size.memoryMib,
    diskGib: size.diskGib ?? policy.defaultDiskGib,
    // A plain `arm64` beside the size label narrows it, as GitHub's own labels do.
    arch: asked ?? size.arch ?? policy.defaultArch,
    burstable: size.burstable,
    hostLabels: others.filter((label) => !trueOfAll.has(label) && !arches.some((arch) => arch === label)),
  };
}
