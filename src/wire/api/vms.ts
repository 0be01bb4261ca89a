import { z } from 'zod';
import { vmStates } from '../../domain/lifecycle/vm.ts';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';
import { after, severalOf, text } from './list.ts';
import { apiRepair } from './repairs.ts';

export const apiVm = z.object({
  id: z.string(),
  state: z.enum(vmStates),
  /** Where its runner is registered: `org:acme#1` or `repo:acme/app`. */
  scope: z.string(),
  labels: z.array(z.string()),
  milliCpus: z.number(),
  memoryMib: z.number(),
  diskGib: z.number(),
  image: z.string(),
  host: z.string().optional(),
  runnerName: z.string(),
  /** The job that GitHub gave it. */
  job: z.number().optional(),
  /** The job on whose account it was made. */
  cause: z.number(),
  attempt: z.number(),
  bootId: z.string().optional(),
  failure: z.object({ reason: z.string(), owner: z.string() }).optional(),
  /** Why it is to be destroyed. */
  tombstone: z.object({ reason: z.string(), rule: z.string() }).optional(),
  requestedAt: time,
  since: time,
});
export type ApiVm = z.infer<typeof apiVm>;

/** What a VM used, as its guest told: the most at any moment, and means and traffic from its job's start to its end. */
export const resources = z.object({
  cpuPercentPeak: z.number().optional(),
  memoryMibPeak: z.number().optional(),
  diskMibPeak: z.number().optional(),
  cpuPercentMean: z.number().optional(),
  memoryMibMean: z.number().optional(),
  receivedBytes: z.number().optional(),
  sentBytes: z.number().optional(),
});
export type Resources = z.infer<typeof resources>;

export const getVm = {
  method: 'GET',
  path: '/vms/:vm',
  summary: 'A VM, what it used, and what was mended about it',
  access: 'member',
  params: z.strictObject({ vm: z.string().min(1).max(80) }),
  query: nothing,
  body: nothing,
  answer: z.object({
    now: time,
    vm: apiVm,
    /** What its host is called. */
    hostName: z.string().optional(),
    resources: resources.optional(),
    /** How long each step took, as host and guest measured it. */
    steps: z.array(z.object({ at: time, phase: z.string(), ms: z.number() })),
    /** Newest first. */
    repairs: z.array(apiRepair),
  }),
} as const satisfies Endpoint;

export const listVms = {
  method: 'GET',
  path: '/vms',
  summary: 'The VMs, newest first; also those that are gone, with why',
  access: 'member',
  params: nothing,
  query: z.strictObject({
    owner: z.string().max(100).optional(),
    host: z.string().max(80).optional(),
    state: severalOf(vmStates),
    /** Somewhere in its id, its runner's name or its labels. */
    text,
    after,
    limit,
  }),
  body: nothing,
  answer: z.object({
    now: time,
    vms: z.array(apiVm),
    /** Where the next page begins; absent on the last one. */
    next: z.string().optional(),
  }),
} as const satisfies Endpoint;

/** Which lines of a log. */
export const wantedLines = z
  .strictObject({
    /** At most so many; when left out 500, or 10,000 from a time on. */
    lines: z.coerce.number<number>().int().min(1).max(10_000).optional(),
    /** Only those of the last so many seconds, or from a time on. */
    ageSeconds: z.coerce
      .number<number>()
      .int()
      .min(1)
      .max(366 * 86_400)
      .optional(),
    since: time.optional(),
  })
  .refine(({ ageSeconds, since }) => ageSeconds === undefined || since === undefined, {
    message: 'say ageSeconds or since, not both',
  });

export const vmLog = {
  method: 'GET',
  path: '/vms/:vm/log',
  summary: "The last lines of a VM's console and runner, as its host keeps them for a while after its end",
  access: 'member',
  params: z.strictObject({ vm: z.string().min(1).max(80) }),
  query: wantedLines,
  body: nothing,
  answer: z.object({ vm: z.string(), lines: z.array(z.string()) }),
} as const satisfies Endpoint;
