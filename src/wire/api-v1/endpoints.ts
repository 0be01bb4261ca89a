// The API of Actuated, as its public client `actuated-cli` v0.2.15 speaks it: paths, names and statuses are that client's and
// not ours, mixed case and all. Every endpoint is a GET, also those that change something. Unknown parameters are passed
// over, since the client sends along whatever query its `ACTUATED_URL` carries.

import { z } from 'zod';
import type { AccessRule, Caller } from '../../domain/access/caller.ts';
import type { ApiAnswer } from '../api/endpoint.ts';

export const v1Prefix = '/api/v1';

const account = z.string().max(100);
const name = z.string().min(1).max(100);
/** A switch is sent as `=1`, or not at all. */
const isOn = z
  .string()
  .optional()
  .transform((text) => text === '1');
/** Whole minutes, such as `15m`. Given as seconds. */
const age = z
  .string()
  .regex(/^\d{1,6}m$/)
  .default('15m')
  .transform((text) => Number.parseInt(text, 10) * 60);
/** Asks to see every account: for those who may. */
const staff = isOn;

export interface V1Endpoint {
  path: string;
  access: AccessRule;
  query: z.ZodType;
  /** It says so with this status when it went well: the client takes no other. */
  status: 200 | 202;
}

const onHost = { owner: account, host: name, staff };

export const v1Endpoints = {
  jobQueue: {
    path: '/job-queue',
    access: 'member',
    query: z.object({ owners: z.string().max(1000).optional(), staff }),
    status: 200,
  },
  runners: {
    path: '/runners',
    access: 'member',
    query: z.object({ owner: account.optional(), images: isOn, staff }),
    status: 200,
  },
  repair: {
    path: '/repair',
    access: 'operator-of',
    query: z.object({ owner: account.min(1), staff }),
    status: 200,
  },
  logs: {
    path: '/logs',
    access: 'member',
    query: z.object({ ...onHost, age, id: name.optional() }),
    status: 202,
  },
  service: { path: '/service', access: 'operator', query: z.object({ ...onHost, age }), status: 202 },
  controllerLogs: {
    path: '/controller/logs',
    access: 'operator',
    /** The client sends a format of journalctl as `output`: the journal has of us what we write, a line of JSON each. */
    query: z.object({ age, output: z.string().max(40).default('cat'), staff }),
    status: 200,
  },
  jobIncreases: {
    path: '/job-increases',
    access: 'member',
    query: z.object({ startDate: z.iso.date().optional(), owner: account.optional(), staff }),
    status: 200,
  },
  metering: { path: '/metering', access: 'member', query: z.object({ ...onHost, id: name }), status: 200 },
  upgrade: { path: '/upgrade', access: 'operator', query: z.object({ ...onHost, force: isOn }), status: 200 },
  restart: {
    path: '/restart',
    access: 'operator',
    query: z.object({ ...onHost, reboot: isOn }),
    status: 202,
  },
  disable: { path: '/disable', access: 'operator', query: z.object(onHost), status: 200 },
  snapshots: {
    path: '/snapshots',
    access: 'member',
    query: z.object({
      owners: z.string().max(1000).optional(),
      limit: z.coerce.number().int().min(1).max(100).default(20),
      staff,
    }),
    status: 200,
  },
  snapshot: {
    path: '/snapshot',
    access: 'member',
    query: z.object({ owner: account, job: z.coerce.number().int().positive(), staff }),
    status: 200,
  },
} as const satisfies Record<string, V1Endpoint>;

export type V1Name = keyof typeof v1Endpoints;
export type V1QueryOf<N extends V1Name> = z.output<(typeof v1Endpoints)[N]['query']>;

/** With both, `json` is for who accepts JSON and `text` for everybody else. */
export interface V1Body {
  json?: unknown;
  text?: string;
}

export type V1Handlers = {
  readonly [N in V1Name]: (query: V1QueryOf<N>, caller: Caller) => Promise<ApiAnswer<V1Body>>;
};

/**
 * The list of debug sessions, which the client's `ssh` commands fetch from the gateway: below no prefix, and without any token, so it
 * tells nothing that not everybody may know.
 */
export const sshListPath = '/list';
