// What the agent on the host and the agent in the guest say to each other. The guest is not trusted: every message from
// it passes `fromGuest`, whose every string and number is bounded. Who is who: `GuestMessage` comes from the guest,
// `HostMessage` from the host.

import { z } from 'zod';

const text = (max: number) => z.string().max(max);
/** Milliseconds since the guest's kernel started (CLOCK_BOOTTIME). */
const uptimeMs = z
  .number()
  .int()
  .min(0)
  .max(2 ** 40);

/** The phases of a boot in the order in which they usually end. */
export const guestPhases = ['kernel', 'init', 'network', 'agent', 'docker'] as const;
export type GuestPhase = (typeof guestPhases)[number];

export const fromGuest = z.discriminatedUnion('type', [
  /** First message after each (re)connection. `bootId` is /proc/sys/kernel/random/boot_id. */
  z.object({
    type: z.literal('hello'),
    protocol: z.number().int(),
    bootId: text(64),
    agentVersion: text(64),
    cpus: z.number().int().min(1).max(1024),
    memoryMib: z
      .number()
      .int()
      .min(1)
      .max(2 ** 24),
    kernel: text(128),
    uptimeMs,
  }),
  /** A part of the boot is done. */
  z.object({ type: z.literal('phase'), phase: z.enum(guestPhases), uptimeMs }),
  /** The configuration was applied; the runner may be started. */
  z.object({ type: z.literal('configured'), uptimeMs }),
  /** The runner's life, as its own output tells it (reference: actions/runner, Runner.cs, JobDispatcher.cs). */
  z.object({ type: z.literal('runner-started'), uptimeMs }),
  z.object({ type: z.literal('runner-listening'), uptimeMs }),
  /** `jobName` is a hint: the guest is root and may lie. */
  z.object({ type: z.literal('job-started'), jobName: text(512), uptimeMs }),
  z.object({ type: z.literal('job-ended'), jobName: text(512), result: text(64), uptimeMs }),
  z.object({
    type: z.literal('runner-exited'),
    /** -1 when a signal ended it, or nobody saw how it ended. */
    code: z.number().int().min(-1).max(255),
    ranJob: z.boolean(),
    uptimeMs,
  }),
  /** The answer to `ask-worker`: does a worker process live at this moment? */
  z.object({
    type: z.literal('worker'),
    question: text(64),
    alive: z.boolean(),
    runnerAlive: z.boolean(),
    uptimeMs,
  }),
  /** The answer to `ask-reach`, a place for each that was asked for. Times count from the question. */
  z.object({
    type: z.literal('reached'),
    question: text(64),
    places: z
      .array(
        z.object({
          host: text(253),
          /** When its address was known. */
          foundMs: z.number().int().min(0).max(600_000).optional(),
          /** When it took a connection. */
          connectedMs: z.number().int().min(0).max(600_000).optional(),
          /** Why it went no further; empty when it is reached. */
          why: text(200),
        }),
      )
      .max(8),
    uptimeMs,
  }),
  /**
   * The highest figures since boot, and means and traffic from the job's start to its end; sent before the end. Older guests tell
   * only the highest.
   */
  z.object({
    type: z.literal('usage'),
    cpuPercentPeak: z.number().min(0).max(200_000),
    memoryMibPeak: z
      .number()
      .min(0)
      .max(2 ** 24),
    diskMibPeak: z
      .number()
      .min(0)
      .max(2 ** 30),
    cpuPercentMean: z.number().min(0).max(200_000).optional(),
    memoryMibMean: z
      .number()
      .min(0)
      .max(2 ** 24)
      .optional(),
    receivedBytes: z.number().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
    sentBytes: z.number().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
    uptimeMs,
  }),
  /** A line of the runner's or the guest agent's log. Best effort: sent without a number when the link lags. */
  z.object({ type: z.literal('log'), source: z.enum(['runner', 'agent', 'docker']), line: text(8192) }),
  /** Something the guest's own watchdog found: no job in time, a job without a worker, a runner that stays. */
  z.object({
    type: z.literal('watchdog'),
    finding: z.enum(['idle', 'no-worker', 'runner-gone', 'runner-stays']),
    uptimeMs,
  }),
]);
export type GuestMessage = z.infer<typeof fromGuest>;

export const fromHost = z.discriminatedUnion('type', [
  /** First after the guest's first hello. Sent again with the same content, it changes nothing. */
  z.object({
    type: z.literal('configure'),
    /** The host's time, epoch milliseconds: skew breaks GitHub's token exchange. */
    epochMs: z.number().int(),
    hostname: z.string().max(63),
    /** Lines for /etc/hosts, such as `10.0.2.100 github.localhost`. */
    hosts: z.array(z.string().max(256)).max(32),
    /** Exported to runner and Docker: proxy settings, never secrets. */
    environment: z.record(z.string().max(128), z.string().max(4096)),
    idleTimeoutMs: z.number().int().positive(),
    dockerMirrors: z.array(z.string().max(256)).max(4),
  }),
  /** Start the runner. `jitConfig` is a secret (I8): never logged, never on a disk outside tmpfs. */
  z.object({ type: z.literal('run'), jitConfig: z.string().max(64 * 1024) }),
  z.object({ type: z.literal('ask-worker'), question: z.string().max(64) }),
  /** Whether the guest finds these names and gets a TCP connection. For the doctor's canary. */
  z.object({
    type: z.literal('ask-reach'),
    question: z.string().max(64),
    places: z
      .array(z.object({ host: z.string().max(253), port: z.number().int().min(1).max(65_535) }))
      .max(8),
  }),
  /** Stop the runner (SIGTERM, then SIGKILL after `graceMs`), sync, power off. */
  z.object({ type: z.literal('shutdown'), graceMs: z.number().int().min(0).max(600_000) }),
]);
export type HostMessage = z.infer<typeof fromHost>;
