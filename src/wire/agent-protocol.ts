// What the control plane and the agents say to each other over the agent link. The control plane sends what shall be
// (`desired`), the agent what is (`observed`): a lost message costs time, not correctness. Absence from the desired set is
// never an order; destroying needs a tombstone.

import { z } from 'zod';

/**
 * What both ends of one version understand; each says its own. Fields that are added are optional and unknown ones are passed
 * over, and so are messages of an unknown type (`StrangeMessage`), by an end of version 2 or newer; an older one drops the link.
 * So what is new is sent only to who says a version that has it.
 * An event or a state of a VM that a server does not know is taken in with the rest of its message.
 * - 2: `read-own-log`, `vitals`.
 * - 3: `restart`.
 */
export const agentProtocolVersion = 3;
/** The largest message in either direction, in bytes. */
export const maxAgentMessageBytes = 4 * 1024 * 1024;

const id = z.string().min(1).max(80);
const instant = z.number().int();

export const desiredVm = z.object({
  vm: id,
  vcpus: z.number().int().min(1),
  milliCpus: z.number().int().min(1),
  memoryMib: z.number().int().min(1),
  diskGib: z.number().int().min(1),
  burstable: z.boolean(),
  image: z.string().max(80),
  hostname: z.string().max(63),
  idleTimeoutMs: z.number().int().positive(),
  bootTimeoutMs: z.number().int().positive(),
  /** The agent destroys it by itself then, also when the control plane is away; no deadline before the process is up. */
  lifetimeMs: z.number().int().positive(),
  /** The JIT configuration, sealed to this host's key; absent until GitHub gave it, and after the agent has said `handed`. */
  sealedJit: z
    .string()
    .max(64 * 1024)
    .optional(),
  /** Ask the guest whether a worker lives; the agent answers each question once in `observed`. */
  question: id.optional(),
});
export type DesiredVm = z.infer<typeof desiredVm>;

export const tombstone = z.object({ vm: id, reason: z.string().max(1024), rule: z.string().max(64) });

export const fromControlPlane = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('desired'),
    protocol: z.number().int(),
    epoch: id,
    generation: z.number().int(),
    /** The image that new VMs are given; the host keeps it. */
    image: z.string().max(80).optional(),
    /** An operator holds the host back: it is given no new VMs, and keeps none ready. */
    held: z.boolean().optional(),
    vms: z.array(desiredVm).max(4096),
    tombstones: z.array(tombstone).max(4096),
  }),
  /** The control plane has stored these events of the agent; it need not send them again. */
  z.object({ type: z.literal('acknowledge'), upTo: z.number().int() }),
  /** Send the last lines of a VM's log, from `since` on; answered by `log` messages with the same request id. */
  z.object({
    type: z.literal('read-log'),
    request: id,
    vm: id,
    lines: z.number().int().min(1).max(100_000),
    since: instant.optional(),
  }),
  /** Send the last lines of the agent's own log; answered as `read-log`. Since version 2. */
  z.object({
    type: z.literal('read-own-log'),
    request: id,
    lines: z.number().int().min(1).max(10_000),
    since: instant.optional(),
  }),
  /** An operator wants the agent started anew, or the whole machine; answered by `restarting`. Since version 3. */
  z.object({ type: z.literal('restart'), request: id, reboot: z.boolean() }),
]);
export type ControlPlaneMessage = z.infer<typeof fromControlPlane>;

const knownEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('process-up') }),
  z.object({ kind: z.literal('guest-up'), bootId: z.string().max(64) }),
  z.object({ kind: z.literal('handed') }),
  z.object({ kind: z.literal('runner-listening') }),
  z.object({ kind: z.literal('job-started'), jobName: z.string().max(512) }),
  z.object({ kind: z.literal('job-ended'), jobName: z.string().max(512), result: z.string().max(64) }),
  z.object({ kind: z.literal('runner-exited'), code: z.number().int(), ranJob: z.boolean() }),
  z.object({
    kind: z.literal('worker'),
    question: id,
    alive: z.boolean(),
    runnerAlive: z.boolean(),
    /** When the guest was asked, by the host's clock. */
    askedAt: instant,
  }),
  /** A phase of the VM's life with its length; names as in the guest protocol, or the agent's own steps. */
  z.object({ kind: z.literal('phase'), phase: z.string().max(64), ms: z.number().min(0) }),
  z.object({
    kind: z.literal('usage'),
    cpuPercentPeak: z.number(),
    memoryMibPeak: z.number(),
    diskMibPeak: z.number(),
    /** From the job's start to its end; where the guest is not too old to tell. */
    cpuPercentMean: z.number().optional(),
    memoryMibMean: z.number().optional(),
    receivedBytes: z.number().optional(),
    sentBytes: z.number().optional(),
  }),
  z.object({ kind: z.literal('watchdog'), finding: z.string().max(64) }),
  /** It will never run a job. `owner` as in the domain's `Owner`. */
  z.object({ kind: z.literal('failed'), reason: z.string().max(2048), owner: z.string().max(32) }),
  /** Nothing of it is left on this host. */
  z.object({ kind: z.literal('gone') }),
  /** Of a kind that only a newer agent knows. */
  z.object({ kind: z.literal('strange'), called: z.string().max(64) }),
]);
const knownKinds: ReadonlySet<string> = new Set(knownEvent.options.map(({ shape }) => shape.kind.value));

/** It is taken like any other, or its agent would send it for ever, and all that comes after it. */
const strangeEvent = z
  .object({
    kind: z
      .string()
      .max(64)
      .refine((kind) => !knownKinds.has(kind)),
  })
  .transform(({ kind }) => ({ kind: 'strange' as const, called: kind }));

/** Something that happened to a VM, numbered by the agent and sent until it is acknowledged. */
export const agentEvent = z.object({
  number: z.number().int().min(1),
  at: instant,
  vm: id,
  event: z.union([knownEvent, strangeEvent]),
});
export type AgentEvent = z.infer<typeof agentEvent>;

/** `unknown-to-you`: runs here and is in no desired set that this host was sent; kept until its own deadline. */
const knownState = z.enum(['preparing', 'starting', 'booted', 'running', 'stopping', 'unknown-to-you']);

/** In a state that only a newer agent knows: it is there, and `called` is that agent's word. */
const strangeVm = z
  .object({ vm: id, state: z.string().max(64) })
  .refine(({ state }) => !knownState.safeParse(state).success)
  .transform(({ vm, state }) => ({ vm, state: 'strange' as const, called: state }));

const knownVm = z.object({ vm: id, state: knownState });
/** A VM as its agent says it. */
export type ObservedVm = z.infer<typeof knownVm>;

export const capacity = z.object({
  arch: z.enum(['x64', 'arm64']),
  milliCpus: z.number().int().min(0),
  memoryMib: z.number().int().min(0),
  diskGib: z.number().int().min(0),
  maxBooting: z.number().int().min(1),
  labels: z.array(z.string().max(256)).max(64),
  images: z.array(z.string().max(80)).max(256),
  /** What VMs hold of it that are in no desired set that this host was sent; absent when there are none. */
  strangers: z.object({ milliCpus: z.number().int().min(0), memoryMib: z.number().int().min(0) }).optional(),
});

const bytes = z
  .number()
  .min(0)
  .max(2 ** 60);

/** How the host does, as `domain/hosts/vitals.ts` explains it. For people to look at: nothing is decided by it. */
export const toldVitals = z.object({
  load: z.tuple([z.number().min(0), z.number().min(0), z.number().min(0)]),
  processors: z.number().int().min(0),
  memoryBytes: bytes,
  memoryAvailableBytes: bytes,
  diskBytes: bytes,
  diskFreeBytes: bytes,
  egress: z.object({ receivedBytes: bytes, sentBytes: bytes }).optional(),
  kernel: z.string().max(128),
  /** By the agent's clock; older ones do not tell. */
  agentStartedAt: instant.optional(),
  images: z
    .array(
      z.object({
        digest: z.string().max(80),
        builtAt: instant.optional(),
        runner: z.object({ version: z.string().max(64), releasedAt: instant.optional() }).optional(),
      }),
    )
    .max(256),
});
export type ToldVitalsMessage = z.infer<typeof toldVitals>;

export const fromAgent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('observed'),
    protocol: z.number().int(),
    agentVersion: z.string().max(64),
    driver: z.string().max(32),
    /** The epoch and generation of the desired set that the agent has taken in; empty and 0 before the first. */
    epoch: z.string().max(80),
    generation: z.number().int(),
    /** Before the first, where an earlier process of this agent had taken one in: it passes over what is older. */
    remembers: z.object({ epoch: z.string().max(80), generation: z.number().int() }).optional(),
    vms: z.array(z.union([knownVm, strangeVm])).max(4096),
    capacity,
    /** Read now and then, and said again until they are read anew. Agents before version 2 know none. */
    vitals: toldVitals.optional(),
    /** Not acknowledged yet, oldest first. */
    events: z.array(agentEvent).max(4096),
  }),
  z.object({
    type: z.literal('log'),
    request: id,
    lines: z.array(z.string().max(8192)).max(10_000),
    last: z.boolean(),
  }),
  /** It ends now; or it does not, and why. */
  z.object({ type: z.literal('restarting'), request: id, refused: z.string().max(1024).optional() }),
]);
export type AgentMessage = z.infer<typeof fromAgent>;

/** `POST /api/bellows/v1/enrol` */
export const enrolRequest = z.object({
  token: z.string().min(20).max(200),
  name: z.string().min(1).max(63),
  signingKey: z.record(z.string(), z.unknown()),
  sealingKey: z.record(z.string(), z.unknown()),
});
export const enrolResponse = z.object({ host: id });
/** The link: `GET /api/bellows/v1/agent` with `Authorization: Bearer <JWT signed by the host's key: sub = host id, aud = "bellows-agent">`. */
export const agentLinkPath = '/api/bellows/v1/agent';
export const agentLinkAudience = 'bellows-agent';

/** Whole, and of a type that this version does not know: the other end is newer. */
export interface StrangeMessage {
  strange: string;
}
const typed = z.object({ type: z.string().max(64) });

/** `fromAgent` or `fromControlPlane`. */
type LinkSchema<M> = z.ZodType<M> & {
  options: readonly { shape: { type: { value: string } } }[];
};

/**
 * A message of either end: parsed, or what is wrong with it, in words for the log and for the other end.
 * @param schema what may come: `fromAgent` or `fromControlPlane`
 */
export function parseLinkMessage<M extends { type: string }>(
  schema: LinkSchema<M>,
  text: string,
): M | StrangeMessage | string {
  if (text.length > maxAgentMessageBytes) return 'message too large';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'message is not JSON';
  }
  const { data } = typed.safeParse(json);
  const isKnown = schema.options.some(({ shape }) => shape.type.value === data?.type);
  if (data !== undefined && !isKnown) return { strange: data.type };
  const parsed = schema.safeParse(json);
  return parsed.success
    ? parsed.data
    : `message does not fit the protocol: ${parsed.error.issues[0]?.path.join('.')}`;
}
