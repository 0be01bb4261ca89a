// A check is a question about the host and a judgement of the answer. The judgement is pure: facts in, verdict out. What
// cannot be seen is never taken for good: then the check is skipped, and says why.

import type { Arch } from '../../domain/scheduling/shape.ts';
import type { Fact, FactSource } from '../../ports/host-facts.ts';
import type { ImageSource } from '../../ports/image-source.ts';

export type Severity = 'ok' | 'warning' | 'failure' | 'skipped';

export const groups = [
  'processor',
  'kernel',
  'memory',
  'storage',
  'programs',
  'network',
  'control plane',
  'canary',
] as const;
export type Group = (typeof groups)[number];

/** What a check found out. */
export interface Finding {
  id: string;
  group: Group;
  title: string;
  severity: Severity;
  /** What was seen. */
  found: string;
  /** What that means for the user; empty when all is well. */
  means: string;
  /** The command or the step that mends it; empty when there is nothing to mend. */
  mend: string;
}

export interface Verdict {
  severity: Severity;
  found: string;
  /** In place of the check's own words. */
  means?: string;
  mend?: string;
}

export const fine = (found: string): Verdict => ({ severity: 'ok', found });
export const skipped = (found: string, mend = ''): Verdict => ({ severity: 'skipped', found, mend });
export const warning = (found: string, words: Pick<Verdict, 'means' | 'mend'> = {}): Verdict => ({
  severity: 'warning',
  found,
  ...words,
});
export const failure = (found: string, words: Pick<Verdict, 'means' | 'mend'> = {}): Verdict => ({
  severity: 'failure',
  found,
  ...words,
});

/** What this host is for, as its settings say. */
export interface Plan {
  driver: 'qemu' | 'firecracker';
  /** `restricted` and `open` are QEMU's own user-mode network. */
  network: 'restricted' | 'open' | 'tap';
  arch: Arch;
  /** Of the agent: keys, journal, VMs. */
  folder: string;
  /** Where scratch disks and images are. */
  diskFolder: string;
  imagesFolder: string;
  /** Of the control plane. */
  url: string;
  /** What is offered to VMs. */
  memoryMib: number;
  cpus: number;
  /** So many VMs may be here at once: those of one processor and 1 GiB that fit. */
  vms: number;
  /** The VMs' control group below the root of control groups; undefined: VMs are not held to their share. */
  cgroup: string | undefined;
  /** As whom VMMs run, one user for each VM; undefined: as the agent. */
  users: { first: number; count: number } | undefined;
  /** Programs that are not found by their name alone. */
  programs: { qemu: string; firecracker: string; jailer: string };
}

/** Where facts come from. */
export interface Sources {
  host: FactSource;
  images: ImageSource;
  /** Whether a guest really comes up under KVM: found out by booting one. */
  kvm(): Promise<KvmTruth>;
  /** Absent where VMs have no tap devices. */
  firewall(): Promise<Fact<FirewallTruth>>;
}

export type KvmTruth =
  | { guests: 'run' | 'fail'; reason: string }
  /** It could not be found out; what has to be done for that. */
  | { guests: 'untried'; reason: string; mend: string };

/** The host's firewall for VMs with tap devices. */
export interface FirewallTruth {
  /** What is not as our rules should be. */
  problems: readonly string[];
  /** Firewalls of others that refuse what they do not know. */
  others: readonly OtherFirewall[];
}

export interface OtherFirewall {
  name: string;
  chain: string;
  admitsGuests: boolean;
  remedy: string;
}

/** Facts with what is hidden taken out; undefined is what is not there. */
type Known<Facts> = {
  readonly [Name in keyof Facts]: Facts[Name] extends Fact<infer T> ? T | undefined : Facts[Name];
};
type Asked<Facts> = { readonly [Name in keyof Facts]: Promise<Facts[Name]> | Facts[Name] };

export interface CheckDefinition<Facts extends object> {
  id: string;
  group: Group;
  /** What is so when all is well. */
  title: string;
  /** When it is not well. */
  means: string;
  mend: string;
  /** Whether it is of any concern here; it always is when left out. */
  applies?(plan: Plan): boolean;
  look(sources: Sources, plan: Plan): Asked<Facts>;
  judge(facts: Known<Facts>, plan: Plan): Verdict;
}

/** What is told of a check without making it. */
export interface CheckAbout {
  readonly id: string;
  readonly group: Group;
  readonly title: string;
  readonly means: string;
  readonly mend: string;
}

export interface Check extends CheckAbout {
  applies(plan: Plan): boolean;
  examine(sources: Sources, plan: Plan): Promise<Finding>;
}

/** A verdict with all that is told to the user. */
export function findingOf({ id, group, title, means, mend }: CheckAbout, verdict: Verdict): Finding {
  const isWrong = verdict.severity === 'warning' || verdict.severity === 'failure';
  return {
    id,
    group,
    title,
    severity: verdict.severity,
    found: verdict.found,
    means: isWrong ? (verdict.means ?? means) : '',
    mend: verdict.mend ?? (isWrong ? mend : ''),
  };
}

export function defineCheck<Facts extends object>(definition: CheckDefinition<Facts>): Check {
  const { id, group, title, means, mend } = definition;
  const finding = (verdict: Verdict): Finding => findingOf(definition, verdict);
  return {
    id,
    group,
    title,
    means,
    mend,
    applies: (plan) => definition.applies?.(plan) ?? true,
    examine: async (sources, plan) => {
      const facts = await settled<Facts>(definition.look(sources, plan));
      const hidden = Object.values(facts).filter(isHidden);
      if (hidden.length > 0) {
        const why = [...new Set(hidden.map((fact) => fact.why))].join('; ');
        const asRoot = sources.host.userId() === 0 ? '' : 'Run the doctor as root: sudo bellows doctor';
        return finding(skipped(`cannot be seen: ${why}`, asRoot));
      }
      return finding(definition.judge(known(facts), plan));
    },
  };
}

/** The compiler cannot see that every name keeps its fact. */
async function settled<Facts extends object>(asked: object): Promise<Facts> {
  const entries: [string, unknown][] = Object.entries(asked);
  const pairs = await Promise.all(entries.map(async ([name, fact]) => [name, await fact]));
  return Object.fromEntries(pairs) as Facts;
}

function known<Facts extends object>(facts: Facts): Known<Facts> {
  const entries: [string, unknown][] = Object.entries(facts);
  const pairs = entries.map(([name, fact]) => [name, isFact(fact) ? knownValue(fact) : fact]);
  return Object.fromEntries(pairs) as Known<Facts>;
}

const knownValue = (fact: Fact<unknown>): unknown => (fact.kind === 'seen' ? fact.value : undefined);

const isHidden = (fact: unknown): fact is Extract<Fact<unknown>, { kind: 'hidden' }> =>
  isFact(fact) && fact.kind === 'hidden';

function isFact(value: unknown): value is Fact<unknown> {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return value.kind === 'seen' || value.kind === 'absent' || value.kind === 'hidden';
}
