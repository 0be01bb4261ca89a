import { z } from 'zod';
import { failureClasses } from '../../domain/attribution/failure-class.ts';
import { measuredPhases, owners } from '../../domain/attribution/owners.ts';
import { sides } from '../../domain/attribution/verdict.ts';
import { pageWords } from '../../domain/github-status/word.ts';
import { type Endpoint, limit, nothing, time } from './endpoint.ts';
import { severalOf } from './list.ts';

export const apiEvidence = z.object({
  /** The phase that takes longer, or `failures`. */
  what: z.enum([...measuredPhases, 'failures']),
  /** The same in words. */
  words: z.string(),
  usualMs: z.number().optional(),
  seenMs: z.number().optional(),
  /** Shares of 1, for failures. */
  usualRate: z.number().optional(),
  seenRate: z.number().optional(),
  /** How many times the usual. */
  ratio: z.number(),
  /** Jobs in it, of the accounts that the caller sees. */
  jobs: z.number(),
  accounts: z.array(z.object({ account: z.string(), jobs: z.number() })),
  /** For failures of these accounts: how many for which reason, most first, as far as hosts, guests and logs told. */
  reasons: z
    .array(
      z.object({ class: z.enum(failureClasses), words: z.string(), jobs: z.number(), advice: z.string() }),
    )
    .optional(),
  examples: z.array(
    z.object({
      job: z.number(),
      account: z.string(),
      at: time,
      ms: z.number().optional(),
      usualMs: z.number().optional(),
    }),
  ),
});

/** What GitHub's public status page tells of trouble in one component. */
export const apiFeedTrouble = z.object({
  /** As the page calls it: `Actions`, `Webhooks`. */
  component: z.string(),
  /** In the page's words: `degraded_performance`, `partial_outage`, `major_outage`, `under_maintenance`. */
  status: z.string(),
  /** When the page told of it. */
  toldAt: time,
  /** Absent while it is there. */
  endedAt: time.optional(),
  /** The page's own incident. */
  title: z.string().optional(),
  url: z.string().optional(),
});

export type ApiFeedTrouble = z.infer<typeof apiFeedTrouble>;

export const apiGithubStatus = z.object({
  /**
   * `same`: GitHub's status page tells of it, too. `nothing`: it tells of nothing that would fit. `unreachable`: it could not be
   * read. `meanwhile`: the incident is not GitHub's, but the page tells of trouble in what its jobs need.
   */
  says: z.enum(pageWords),
  /** The same as a sentence, with the minutes. */
  words: z.string(),
  /**
   * How long we had seen it before the page told of it, below zero when the page was first. While the page says `nothing`, how
   * long it has been silent.
   */
  aheadMs: z.number().optional(),
  troubles: z.array(apiFeedTrouble),
});

export const apiIncident = z.object({
  id: z.string(),
  owner: z.enum(owners),
  /** The owner in words. */
  whose: z.string(),
  /** `all`, or a host, a label set or a repository: `host:host-1`; just `host` of one that the caller does not see. */
  subject: z.string(),
  /** What people call it; a host by its name. */
  name: z.string(),
  /** When it seems to have begun. */
  since: time,
  openedAt: time,
  /** Absent while it goes on. */
  closedAt: time.optional(),
  /** `calm`: as usual again. `silence`: nothing came any more. `usual`: it lasted so long that it is the usual now. */
  ending: z.enum(['calm', 'silence', 'usual']).optional(),
  evidence: z.array(apiEvidence),
  /** Absent when the page is not read, and when it says nothing of an incident that is not GitHub's. */
  githubStatus: apiGithubStatus.optional(),
});
export type ApiIncident = z.infer<typeof apiIncident>;

/** Whose fault it is now, out of all incidents that are open and that the caller sees. */
export const apiVerdict = z.object({
  /** `us`: whoever runs Bellows can mend it. */
  side: z.enum(sides),
  /** All that are to blame, the largest first; none when all is as usual. */
  owners: z.array(z.enum(owners)),
  /** The answer in one line. */
  words: z.string(),
});

/** GitHub's status page as we know it. */
export const apiStatusPage = z.object({
  /** `unreachable`: it could not be read the last time. */
  state: z.enum(['read', 'unreachable']),
  /** When it was read last; absent when it never was. */
  readAt: time.optional(),
  /** Why it cannot be read. */
  why: z.string().optional(),
  /** What is wrong there now. */
  troubles: z.array(apiFeedTrouble),
});
export type ApiStatusPage = z.infer<typeof apiStatusPage>;

export const listIncidents = {
  method: 'GET',
  path: '/incidents',
  summary: 'What is slower or fails more often than usual, and whose it is, newest first',
  access: 'member',
  params: nothing,
  query: z.strictObject({
    /** Only those that are not over. */
    open: z.enum(['true']).optional(),
    /** Only with jobs of this account. */
    owner: z.string().max(100).optional(),
    /** Only those that are one of these owners', such as `bellows,host`. */
    whose: severalOf(owners),
    /** Only those that went on in the latest days. */
    days: z.coerce.number<number>().int().min(1).max(366).optional(),
    limit,
  }),
  body: nothing,
  answer: z.object({
    now: time,
    verdict: apiVerdict,
    incidents: z.array(apiIncident),
    /** Absent when it is not read. */
    statusPage: apiStatusPage.optional(),
  }),
} as const satisfies Endpoint;

export const getIncident = {
  method: 'GET',
  path: '/incidents/:incident',
  summary: 'One incident with its evidence',
  access: 'member',
  params: z.strictObject({ incident: z.string().max(100) }),
  query: nothing,
  body: nothing,
  answer: z.object({ now: time, incident: apiIncident }),
} as const satisfies Endpoint;

const measured = z.object({
  /** Absent for the jobs' own times: each is compared with its own usual, and only the ratio is told. */
  usualMs: z.number().optional(),
  /** Five of six take no longer. */
  highMs: z.number().optional(),
  /** Of the last hour: what is older than half an hour counts half. */
  latelyMs: z.number().optional(),
  /** Shares of 1, for failures. */
  usualRate: z.number().optional(),
  latelyRate: z.number().optional(),
  /** How many times the usual it is lately. */
  ratio: z.number().optional(),
  latelyJobs: z.number(),
});

export const apiPhaseFigure = measured.extend({
  /** The phase, or `failures`. */
  what: z.enum([...measuredPhases, 'failures']),
  words: z.string(),
  owner: z.enum(owners),
  whose: z.string(),
  /**
   * Of each host, label set or repository, where the usual is of these: those that are most above it. Label sets only for who sees
   * all, repositories those that ran in the last hours.
   */
  subjects: z.array(measured.extend({ subject: z.string(), name: z.string() })),
});
export type ApiPhaseFigure = z.infer<typeof apiPhaseFigure>;

export const phaseFigures = {
  method: 'GET',
  path: '/phases',
  summary: 'How long each phase takes lately and how often each owner fails, beside the usual',
  access: 'member',
  params: nothing,
  query: nothing,
  body: nothing,
  answer: z.object({ now: time, figures: z.array(apiPhaseFigure) }),
} as const satisfies Endpoint;
