import { z } from 'zod';
import { enrolRequest, enrolResponse } from '../agent-protocol.ts';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';
import { apiEvent } from './jobs.ts';
import { before } from './list.ts';
import { apiVm, wantedLines } from './vms.ts';

/** How a host does, as its agent read it within the last minute, and how far away it is. */
export const apiVitals = z.object({
  /** When it was taken in; it is old when the host is silent. */
  at: time,
  /** From the control plane to the agent and back, by the link's own pings. */
  pingMs: z.number().optional(),
  /** What follows is absent where the agent is too old to tell. */
  processors: z.number().optional(),
  memoryBytes: z.number().optional(),
  /** The file system with the VMs' disks. */
  diskBytes: z.number().optional(),
  /** The host's own. */
  kernel: z.string().optional(),
  /** By the host's clock. */
  agentStartedAt: time.optional(),
  /** From here on it tells of everybody's work, so only who sees all accounts that the host serves has it. */
  load: z.object({ oneMinute: z.number(), fiveMinutes: z.number(), fifteenMinutes: z.number() }).optional(),
  memoryUsedBytes: z.number().optional(),
  diskFreeBytes: z.number().optional(),
  /** Over the default route since the host's boot, by its VMs and by itself. */
  egress: z.object({ receivedBytes: z.number(), sentBytes: z.number() }).optional(),
});

/** The image that new VMs start from, if the host has it; its newest one otherwise. */
export const apiHostImage = z.object({
  digest: z.string(),
  builtAt: time.optional(),
  /** GitHub's runner in it. GitHub gives no jobs to one that is more than 30 days behind the newest. */
  runner: z.object({ version: z.string(), releasedAt: time.optional() }).optional(),
});

export const apiHost = z.object({
  id: z.string(),
  name: z.string(),
  /** Whether its agent is heard. */
  state: z.enum(['online', 'silent']),
  /** What an operator decided; absent while it is active. */
  hold: z
    .object({ kind: z.enum(['draining', 'disabled']), by: z.string(), why: z.string(), since: time })
    .optional(),
  /** Empty: every account that we serve may use it. */
  owners: z.array(z.string()),
  /** Absent until its agent has reported for the first time. */
  capacity: z
    .object({
      arch: z.string(),
      milliCpus: z.number(),
      memoryMib: z.number(),
      diskGib: z.number(),
      labels: z.array(z.string()),
      images: z.array(z.string()),
    })
    .optional(),
  /** It is removed when it is gone for long. */
  auto: z.boolean().optional(),
  vms: z.number(),
  /** What its VMs hold. */
  usedMilliCpus: z.number(),
  usedMemoryMib: z.number(),
  /** Those that are there, and as many more of 2 processors and 4 GiB as would still fit; absent without a capacity. */
  maxVms: z.number().optional(),
  /** Absent until anything is known. */
  vitals: apiVitals.optional(),
  /** Absent until the agent has told it. */
  image: apiHostImage.optional(),
  /** The agent's. */
  version: z.string().optional(),
  lastHeardAt: time.optional(),
  enrolledAt: time,
});
export type ApiHost = z.infer<typeof apiHost>;

export const listHosts = {
  method: 'GET',
  path: '/hosts',
  summary: 'The hosts with what they offer and what is in use',
  access: 'member',
  params: nothing,
  query: nothing,
  body: nothing,
  /** `image`: what new VMs start from; a host that has it not is given none. */
  answer: z.object({ now: time, image: z.string(), hosts: z.array(apiHost) }),
} as const satisfies Endpoint;

/** A host's id, or its name when no other has it. */
const whichHost = z.strictObject({ host: z.string().min(1).max(80) });

export const getHost = {
  method: 'GET',
  path: '/hosts/:host',
  summary: 'A host with the VMs on it',
  access: 'member',
  params: whichHost,
  query: nothing,
  body: nothing,
  answer: z.object({
    now: time,
    image: z.string(),
    host: apiHost,
    /** Newest first. */
    vms: z.array(apiVm),
  }),
} as const satisfies Endpoint;

export const orderHost = {
  method: 'POST',
  path: '/hosts/:host/order',
  summary: 'Drains a host, disables it, or takes it back; with `force` its VMs are destroyed, jobs and all',
  access: 'operator',
  params: whichHost,
  query: nothing,
  body: z
    .strictObject({
      order: z.enum(['drain', 'disable', 'resume']),
      force: z.boolean().default(false),
      /** Who says so, for the host's history. */
      by: z.string().min(1).max(100),
      why: z.string().max(500).default(''),
    })
    .refine(({ order, force }) => !(order === 'resume' && force), {
      message: 'a host that is taken back keeps its VMs: leave force out',
    }),
  answer: z.object({
    host: apiHost,
    /** VMs that were ordered to be destroyed. */
    forced: z.number(),
  }),
} as const satisfies Endpoint;

export const hostEvents = {
  method: 'GET',
  path: '/hosts/:host/events',
  summary: 'What happened to a host, oldest first',
  access: 'operator',
  params: whichHost,
  query: z.strictObject({ before, limit: limit.default(100) }),
  body: nothing,
  answer: z.object({
    host: z.string(),
    events: z.array(apiEvent),
    /** `before` of the page with older ones; absent when there are none. */
    next: z.number().optional(),
  }),
} as const satisfies Endpoint;

export const hostLog = {
  method: 'GET',
  path: '/hosts/:host/log',
  summary: "The last lines of what a host's agent has logged since it started",
  access: 'operator',
  params: whichHost,
  query: wantedLines,
  body: nothing,
  answer: z.object({ host: z.string(), lines: z.array(z.string()) }),
} as const satisfies Endpoint;

export const makeEnrolToken = {
  method: 'POST',
  path: '/enrol-tokens',
  summary: 'Makes a token with which one host can enrol, once',
  access: 'operator',
  params: nothing,
  query: nothing,
  body: z.strictObject({
    /** What the host shall be called; its own name when empty. */
    name: z.string().max(63).default(''),
    owners: z.array(z.string().min(1).max(100)).max(100).default([]),
    /** A machine enrols it: the host is removed when it is gone for long. */
    auto: z.boolean().default(false),
    validForMinutes: z
      .number()
      .int()
      .min(1)
      .max(7 * 24 * 60)
      .default(60),
  }),
  answer: z.object({ token: z.string(), expiresAt: time }),
} as const satisfies Endpoint;

export const enrol = {
  method: 'POST',
  path: '/enrol',
  summary: "Makes a host of ours with the agent's public keys; the token is used up",
  access: 'anyone',
  params: nothing,
  query: nothing,
  body: enrolRequest.strict(),
  answer: enrolResponse,
} as const satisfies Endpoint;
