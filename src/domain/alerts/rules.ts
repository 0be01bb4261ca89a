// What is worth waking somebody for: pure rules over one look at the store. Each gives what holds now; whether and when it is
// told is decided in `tell.ts`.

import type { Incident } from '../attribution/incident.ts';
import type { Job } from '../lifecycle/job.ts';
import type { Vm } from '../lifecycle/vm.ts';
import type { VmLoss } from '../repair/repair.ts';
import { type CapacityPolicy, lacksFor, usageOf } from '../scheduling/capacity.ts';
import type { Host } from '../scheduling/host.ts';
import { scopeOwner } from '../scope.ts';
import { between, type DurationMs, days, type Instant, minutes, toIso } from '../time.ts';
import { type CertificateState, certificateTimes } from './certificate.ts';
import { endOf, type IncidentRule, incidentRules, nameOfIncident, ruleOf, textOf } from './incident-words.ts';

export const alertRules = [
  'job-waits',
  'host-lost',
  'registrations-fail',
  'repair-storm',
  'token-runs-out',
  'certificate-runs-out',
  'host-disk-full',
  ...incidentRules,
] as const;
/**
 * `job-waits`: a job waits for long though a host has room for it. `host-lost`: a host says nothing. `registrations-fail`:
 * GitHub refuses runners. `repair-storm`: much had to be mended. `token-runs-out`: an API token ends within a week.
 * `certificate-runs-out`: the certificate of our public address ends within two weeks.
 * `host-disk-full`: a host has little disk left. `github-incident`, `incident`, `workflow-incident`: something takes longer or fails
 * more often than usual, and it is GitHub, ourselves, or a workflow.
 */
export type AlertRule = (typeof alertRules)[number];

/** Something that is wrong now. */
export interface Trouble {
  rule: AlertRule;
  /** Which account, host or token; empty for the installation. With the rule it names the alert. */
  subject: string;
  text: string;
}

export interface AlertLook {
  now: Instant;
  /** Queued jobs of ours, oldest first; at least the oldest. */
  queued: readonly Job[];
  hosts: readonly Host[];
  vms: readonly Vm[];
  /** VMs that were lost for this cause lately, and all repairs lately. */
  lost: readonly { cause: string; owner?: string }[];
  repairs: number;
  tokens: readonly { id: string; name: string; expiresAt: Instant; revokedAt?: Instant }[];
  /** Of our public address. */
  certificate?: CertificateState;
  capacity: CapacityPolicy;
  /** All that are open, and of those that closed lately at least those that were told. */
  incidents: readonly Incident[];
}

export const alertLimits = {
  jobWaitsMs: minutes(10),
  /** Over which losses and repairs are counted. */
  latelyMs: minutes(10),
  refusals: 3,
  repairs: 50,
  tokenMs: days(7),
  diskGib: 20,
} as const;

const rules: Readonly<Record<AlertRule, (look: AlertLook) => readonly Trouble[]>> = {
  'job-waits': jobsThatWait,
  'host-lost': ({ hosts }) =>
    hosts
      .filter(({ state }) => state === 'silent')
      .map(({ name }) => ({
        rule: 'host-lost',
        subject: name,
        text: `Host ${name} says nothing. Its VMs are kept; look at the machine, its agent and the network between.`,
      })),
  'registrations-fail': registrationsThatFail,
  'repair-storm': ({ repairs }) =>
    repairs < alertLimits.repairs
      ? []
      : [
          {
            rule: 'repair-storm',
            subject: '',
            text: `${repairs} things had to be mended in ten minutes. \`bellows repairs\` tells what.`,
          },
        ],
  'token-runs-out': ({ tokens, now }) =>
    tokens.filter(endsSoon(now)).map(({ id, name, expiresAt }) => ({
      rule: 'token-runs-out',
      subject: id,
      text: `The API token ${name} ends at ${toIso(expiresAt)}. Make a new one with \`bellows token\`.`,
    })),
  'certificate-runs-out': certificateThatEnds,
  'host-disk-full': ({ hosts }) =>
    hosts
      .filter(({ capacity }) => capacity !== undefined && capacity.diskGib <= alertLimits.diskGib)
      .map(({ name, capacity }) => ({
        rule: 'host-disk-full',
        subject: name,
        text: `Host ${name} has ${capacity?.diskGib} GiB of disk left. Old images are the usual cause; \`bellows doctor\` there says more.`,
      })),
  'github-incident': openIncidents('github-incident'),
  incident: openIncidents('incident'),
  'workflow-incident': openIncidents('workflow-incident'),
};

/** Everything that is wrong by the rules that are on. */
export const troublesIn = (look: AlertLook, off: ReadonlySet<AlertRule>): readonly Trouble[] =>
  alertRules.filter((rule) => !off.has(rule)).flatMap((rule) => rules[rule](look));

/** How what is over ended, for alerts that may have been told; in `text`. */
export const endsIn = ({ incidents, now }: AlertLook): readonly Trouble[] =>
  incidents
    .filter(({ closedAt }) => closedAt !== undefined)
    .map((incident) => ({
      rule: ruleOf(incident),
      subject: nameOfIncident(incident),
      text: endOf(incident, now),
    }));

function openIncidents(rule: IncidentRule): (look: AlertLook) => readonly Trouble[] {
  return ({ incidents, hosts, now }) =>
    incidents
      .filter((incident) => incident.closedAt === undefined && ruleOf(incident) === rule)
      .map((incident) => ({ rule, subject: nameOfIncident(incident), text: textOf(incident, hosts, now) }));
}

function certificateThatEnds({ certificate, now }: AlertLook): readonly Trouble[] {
  const { host, endsAt } = certificate ?? {};
  if (host === undefined || endsAt === undefined || between(now, endsAt) >= certificateTimes.warnMs)
    return [];
  const ends = endsAt > now ? `ends at ${toIso(endsAt)}` : `has ended at ${toIso(endsAt)}`;
  const text = `The certificate of ${host} ${ends}. GitHub delivers no webhook to one that has ended; renew it at the proxy.`;
  return [{ rule: 'certificate-runs-out', subject: host, text }];
}

const endsSoon =
  (now: Instant) =>
  ({ expiresAt, revokedAt }: AlertLook['tokens'][number]): boolean =>
    revokedAt === undefined && expiresAt > now && between(now, expiresAt) < alertLimits.tokenMs;

/** One for each account: its oldest job that could run somewhere now. */
function jobsThatWait(look: AlertLook): readonly Trouble[] {
  const found = new Map<string, Trouble>();
  for (const job of look.queued) {
    const owner = scopeOwner(job.scope);
    const waitedMs = between(job.firstSeenAt, look.now);
    if (found.has(owner) || waitedMs < alertLimits.jobWaitsMs || !hasRoom(job, look)) continue;
    const text = `A job of ${owner} has waited for ${inMinutes(waitedMs)} though a host has room: ${job.url}`;
    found.set(owner, { rule: 'job-waits', subject: owner, text });
  }
  return [...found.values()];
}

function hasRoom({ scope, service }: Job, { hosts, vms, capacity: policy }: AlertLook): boolean {
  if (service.kind !== 'ours') return false;
  const { shape } = service;
  return hosts.some(({ id, owners, state, hold, capacity }) => {
    if (state !== 'online' || hold !== undefined || capacity === undefined) return false;
    if (owners.length > 0 && !owners.includes(scopeOwner(scope))) return false;
    if (shape.arch !== capacity.arch || !shape.hostLabels.every((label) => capacity.labels.includes(label)))
      return false;
    const used = usageOf(
      vms.filter(({ host }) => host === id),
      policy,
    );
    return lacksFor(capacity, used, shape, policy) === undefined;
  });
}

const refused: VmLoss = 'registration-refused';

function registrationsThatFail({ lost }: AlertLook): readonly Trouble[] {
  const owners = Map.groupBy(
    lost.filter(({ cause }) => cause === refused),
    ({ owner = '' }) => owner,
  );
  return [...owners]
    .filter(([, failed]) => failed.length >= alertLimits.refusals)
    .map(([owner, failed]) => ({
      rule: 'registrations-fail',
      subject: owner,
      text: `GitHub refused ${failed.length} runners of ${owner} in ten minutes. \`bellows check github\` looks at the App.`,
    }));
}

const inMinutes = (ms: DurationMs): string => `${Math.floor(ms / minutes(1))} minutes`;
