// GitHub's status page, as statuspage.io serves it. Somebody at GitHub writes on it: a test or the swarm says what is broken and
// since when, and the faults decide whether the page tells it, and how late.

import { createHash } from 'node:crypto';
import { type Instant, instantOf, toIso } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';

export type StatusFeedFault =
  | { kind: 'honest' }
  /** Everything is told so much later. */
  | { kind: 'late'; ms: number }
  /** All is well, it says. */
  | { kind: 'silent' }
  | { kind: 'down' }
  | { kind: 'garbage' };

export type ComponentStatus =
  | 'operational'
  | 'degraded_performance'
  | 'partial_outage'
  | 'major_outage'
  | 'under_maintenance';

interface Change {
  at: Instant;
  component: string;
  status: ComponentStatus;
  title: string;
}

/** As the page listed them in 2026; the one that is no component has a status, too. */
export const statusComponents = [
  'Git Operations',
  'Webhooks',
  'Visit www.githubstatus.com for more information',
  'API Requests',
  'Issues',
  'Pull Requests',
  'Actions',
  'Packages',
  'Pages',
  'Codespaces',
  'Copilot',
] as const;
export type StatusComponent = (typeof statusComponents)[number];

export type StatusAnswer = { status: 200; text: string } | { status: 503; text: string };

export class SimStatusPage {
  readonly #clock: Clock;
  readonly #fault: () => StatusFeedFault;
  readonly #changes: Change[] = [];

  constructor(clock: Clock, fault: () => StatusFeedFault) {
    this.#clock = clock;
    this.#fault = fault;
  }

  /** A component is so from now on, whatever the page shows of it. */
  set(component: StatusComponent, status: ComponentStatus, title = `Incident with ${component}`): void {
    this.#changes.push({ at: instantOf(this.#clock.now()), component, status, title });
  }

  /** What a reader gets who asks now. */
  answer(): StatusAnswer {
    const fault = this.#fault();
    switch (fault.kind) {
      case 'down':
        return { status: 503, text: 'upstream connect error' };
      case 'garbage':
        return { status: 200, text: '<!DOCTYPE html><title>GitHub Status</title>' };
      case 'silent':
        return { status: 200, text: this.#summary(Number.POSITIVE_INFINITY) };
      case 'late':
        return { status: 200, text: this.#summary(fault.ms) };
      case 'honest':
        return { status: 200, text: this.#summary(0) };
    }
  }

  #summary(lateMs: number): string {
    const until = this.#clock.now() - lateMs;
    const told = this.#changes.filter(({ at }) => at <= until);
    const now = statusComponents.map((name) => told.findLast(({ component }) => component === name));
    const broken = now
      .filter((change) => change !== undefined)
      .filter(({ status }) => status !== 'operational');
    return JSON.stringify({
      page: pageHead(told.at(-1)?.at),
      components: statusComponents.map((name, index) => ({
        ...{ id: idOf(name), name, status: now[index]?.status ?? 'operational' },
        ...{ position: index + 1, group: false, group_id: null, only_show_if_degraded: false },
      })),
      incidents: broken.map((change) => incidentOf(change, lateMs)),
      scheduled_maintenances: [],
      status: indicatorOf(broken.length),
    });
  }
}

const pageHead = (updatedAt: Instant | undefined) => ({
  ...{ id: 'simulated', name: 'GitHub', url: 'https://www.githubstatus.com', time_zone: 'Etc/UTC' },
  updated_at: updatedAt === undefined ? null : toIso(updatedAt),
});

function incidentOf({ at, component, status, title }: Change, lateMs: number) {
  const posted = toIso(instantOf(at + lateMs));
  const id = idOf(`${title} ${at}`);
  return {
    ...{ id, name: title, status: 'investigating', impact: impactOf[status] },
    ...{ created_at: posted, updated_at: posted, started_at: posted, resolved_at: null },
    shortlink: `https://stspg.io/${id}`,
    components: [{ id: idOf(component), name: component, status }],
    incident_updates: [],
  };
}

const impactOf: Readonly<Record<ComponentStatus, string>> = {
  operational: 'none',
  degraded_performance: 'minor',
  partial_outage: 'major',
  major_outage: 'critical',
  under_maintenance: 'maintenance',
};

const indicatorOf = (broken: number) =>
  broken === 0
    ? { indicator: 'none', description: 'All Systems Operational' }
    : { indicator: 'major', description: 'Partial System Outage' };

const idOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);
