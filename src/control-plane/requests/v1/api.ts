// Actuated's endpoints over our store. Whoever asks sees what they see through our own API, and nothing more (I9).

import type { Caller } from '../../../domain/access/caller.ts';
import { refused } from '../../../wire/api/endpoint.ts';
import type { V1Handlers } from '../../../wire/api-v1/endpoints.ts';
import type { RequestDeps } from '../deps.ts';
import { disable, repair, restart, upgrade } from './actions.ts';
import { jobIncreases } from './job-increases.ts';
import { jobQueue } from './job-queue.ts';
import { controllerLogs, logs, service } from './logs.ts';
import { metering, snapshot, snapshots } from './metering.ts';
import { runners } from './runners.ts';

export function v1Handlers(deps: RequestDeps): V1Handlers {
  return {
    jobQueue: forStaff((query, caller) => jobQueue(deps, query, caller)),
    runners: forStaff((query, caller) => runners(deps, query, caller)),
    repair: forStaff((query, caller) => repair(deps, query, caller)),
    logs: forStaff((query, caller) => logs(deps, query, caller)),
    service: forStaff((query, caller) => service(deps, query, caller)),
    controllerLogs: forStaff((query) => controllerLogs(deps, query)),
    jobIncreases: forStaff((query, caller) => jobIncreases(deps, query, caller)),
    metering: forStaff((query, caller) => metering(deps, query, caller)),
    upgrade: forStaff((query, caller) => upgrade(deps, query, caller)),
    restart: forStaff((query, caller) => restart(deps, query, caller)),
    disable: forStaff((query, caller) => disable(deps, query, caller)),
    snapshots: forStaff((query, caller) => snapshots(deps, query, caller)),
    snapshot: forStaff((query, caller) => snapshot(deps, query, caller)),
  };
}

/** `staff=1` is for those who see every account; what they see is theirs without it, too. */
const forStaff =
  <Query extends { staff: boolean }, Answer>(
    handler: (query: Query, caller: Caller) => Promise<Answer>,
  ): ((query: Query, caller: Caller) => Promise<Answer | ReturnType<typeof refused>>) =>
  async (query, caller) =>
    query.staff && caller.reach !== 'all'
      ? refused(403, 'For operators', 'staff=1 is for those who see every account.')
      : handler(query, caller);
