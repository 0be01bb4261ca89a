// Every endpoint of our API, by the name that server and client use.

import type { z } from 'zod';
import type { Caller } from '../../domain/access/caller.ts';
import { whyNoAnswer } from '../why-no-answer.ts';
import { advise } from './advice.ts';
import { listAlerts, testAlerts } from './alerts.ts';
import { listAudit } from './audit.ts';
import type { ApiAnswer, ApiRequest } from './endpoint.ts';
import { enrol, getHost, hostEvents, hostLog, listHosts, makeEnrolToken, orderHost } from './hosts.ts';
import { getIncident, listIncidents, phaseFigures } from './incidents.ts';
import { insights, insightsDaily, recount, today } from './insights.ts';
import { getJob, jobEvents, listJobs } from './jobs.ts';
import { listRepairs, repairNow } from './repairs.ts';
import { me, pollDeviceSignIn, signInWays, signOut, startDeviceSignIn } from './session.ts';
import { checkGithub, health } from './system.ts';
import { listTokens, makeToken, revokeToken } from './tokens.ts';
import { increases, jobRuns, usage } from './usage.ts';
import { getVm, listVms, vmLog } from './vms.ts';

export const endpoints = {
  health,
  enrol,
  makeEnrolToken,
  listJobs,
  getJob,
  jobEvents,
  listHosts,
  getHost,
  orderHost,
  hostEvents,
  hostLog,
  listVms,
  getVm,
  vmLog,
  listRepairs,
  repairNow,
  listIncidents,
  getIncident,
  phaseFigures,
  checkGithub,
  listAlerts,
  testAlerts,
  makeToken,
  listTokens,
  revokeToken,
  listAudit,
  today,
  insights,
  insightsDaily,
  recount,
  usage,
  increases,
  jobRuns,
  me,
  signOut,
  signInWays,
  startDeviceSignIn,
  pollDeviceSignIn,
  advise,
} as const;

export type EndpointName = keyof typeof endpoints;
export type RequestOf<N extends EndpointName> = ApiRequest<(typeof endpoints)[N]>;
export type AnswerOf<N extends EndpointName> = z.output<(typeof endpoints)[N]['answer']>;
/** What a caller may leave out because it has a default is optional here. */
export interface CallOf<N extends EndpointName> {
  params?: z.input<(typeof endpoints)[N]['params']>;
  query?: z.input<(typeof endpoints)[N]['query']>;
  body?: z.input<(typeof endpoints)[N]['body']>;
}

/** The control plane's side: one pure handler for each endpoint. The rule of the endpoint is judged before; which rows the
 * caller sees is the handler's to keep. */
export type ApiHandlers = {
  readonly [N in EndpointName]: (request: RequestOf<N>, caller: Caller) => Promise<ApiAnswer<AnswerOf<N>>>;
};

/** The client's side. */
export interface ApiClient {
  /**
   * Gives the problem as the control plane put it.
   * @throws ApiUnreachableError
   */
  call<N extends EndpointName>(name: N, request?: CallOf<N>): Promise<ApiAnswer<AnswerOf<N>>>;
}

/** Nobody answered, or not in time. */
export class ApiUnreachableError extends Error {
  override readonly name = 'ApiUnreachableError';
  /** In words: "connection refused". */
  readonly why: string;
  /** @param cause what `fetch` threw. */
  constructor(url: string, cause: unknown) {
    const why = whyNoAnswer(cause);
    super(
      `cannot reach the control plane at ${url} (${why}): start it with \`bellows server\`, or set BELLOWS_URL`,
      { cause },
    );
    this.why = why;
  }
}
