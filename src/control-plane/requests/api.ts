// One handler for each endpoint of our API.

import type { Caller } from '../../domain/access/caller.ts';
import { StoreUnavailableError } from '../../ports/store.ts';
import { answered, refused } from '../../wire/api/endpoint.ts';
import type { ApiHandlers, RequestOf } from '../../wire/api/endpoints.ts';
import { type CheckDeps, checkGitHub } from '../check-github.ts';
import { advise } from './advise.ts';
import { listAlerts, testAlerts } from './alerts.ts';
import { listTokens, makeToken, revokeToken } from './api-tokens.ts';
import { listAudit } from './audit.ts';
import type { RequestDeps } from './deps.ts';
import { enrol, makeEnrolToken } from './enrol.ts';
import { getHost } from './host-detail.ts';
import { hostLog } from './host-log.ts';
import { listHosts } from './hosts.ts';
import { getIncident, listIncidents } from './incidents.ts';
import { increases, jobRuns } from './increases.ts';
import { insights, insightsDaily } from './insights.ts';
import { getJob, getVm } from './job-detail.ts';
import { jobEvents, listJobs } from './jobs.ts';
import { hostEvents, orderHost } from './order-host.ts';
import { phaseFigures } from './phase-figures.ts';
import { recount } from './recount.ts';
import { listRepairs, repairNow } from './repairs.ts';
import { me, pollDeviceSignIn, type SignIn, signInWays, signOut, startDeviceSignIn } from './session.ts';
import { today } from './today.ts';
import { usage } from './usage.ts';
import { listVms, vmLog } from './vms.ts';

export const apiHandlers = (deps: RequestDeps & CheckDeps & { signIn?: SignIn }): ApiHandlers => ({
  async health() {
    try {
      await deps.store.transaction((tx) => tx.tasks.nextDue());
      return answered({ ok: true });
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      return refused(503, 'Not healthy', 'The database cannot be reached.');
    }
  },
  enrol: (request) => enrol(deps, request),
  makeEnrolToken: (request) => makeEnrolToken(deps, request),
  listJobs: (request, caller) => listJobs(deps, request, caller),
  getJob: (request, caller) => getJob(deps, request, caller),
  jobEvents: (request, caller) => jobEvents(deps, request, caller),
  listHosts: (request, caller) => listHosts(deps, request, caller),
  getHost: (request, caller) => getHost(deps, request, caller),
  orderHost: (request, caller) => orderHost(deps, signedBy(request, caller), caller),
  hostLog: (request) => hostLog(deps, request),
  hostEvents: (request) => hostEvents(deps, request),
  listVms: (request, caller) => listVms(deps, request, caller),
  getVm: (request, caller) => getVm(deps, request, caller),
  vmLog: (request, caller) => vmLog(deps, request, caller),
  listRepairs: (request, caller) => listRepairs(deps, request, caller),
  repairNow: (request, caller) => repairNow(deps, request, caller),
  today: (request, caller) => today(deps, request, caller),
  insights: (request, caller) => insights(deps, request, caller),
  insightsDaily: (request, caller) => insightsDaily(deps, request, caller),
  recount: (request) => recount(deps, request),
  usage: (request, caller) => usage(deps, request, caller),
  increases: (request, caller) => increases(deps, request, caller),
  jobRuns: (request, caller) => jobRuns(deps, request, caller),
  listAlerts: () => listAlerts(deps),
  testAlerts: () => testAlerts(deps),
  advise: (request, caller) => advise(deps, request, caller),
  listIncidents: (request, caller) => listIncidents(deps, request, caller),
  getIncident: (request, caller) => getIncident(deps, request, caller),
  phaseFigures: (_request, caller) => phaseFigures(deps, caller),
  async checkGithub() {
    return answered({ findings: [...(await checkGitHub(deps))] });
  },
  makeToken: (request, caller) => makeToken(deps, request, caller),
  listTokens: (request, caller) => listTokens(deps, request, caller),
  revokeToken: (request, caller) => revokeToken(deps, request, caller),
  listAudit: (request) => listAudit(deps, request),
  me,
  signOut: (_request, caller) => signOut(deps, caller),
  signInWays: () => signInWays(deps.signIn),
  startDeviceSignIn: () => startDeviceSignIn(deps.signIn),
  pollDeviceSignIn: (request) => pollDeviceSignIn(deps.signIn, request),
});

/** Whoever is known is written down as who they are; those with the operators' own token say it themselves. */
const signedBy = (request: RequestOf<'orderHost'>, { kind, name }: Caller): RequestOf<'orderHost'> =>
  kind === 'admin' ? request : { ...request, body: { ...request.body, by: name.slice(0, 100) } };
