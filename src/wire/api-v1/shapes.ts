// What `actuated-cli` decodes, with its own names. It reads whole numbers only where it says integer, and times only as
// RFC 3339; what is absent it takes as unknown.

import { z } from 'zod';

const time = z.iso.datetime();
const nanoseconds = z.number().int();

export const jobStatus = z.object({
  job_id: z.number().int(),
  owner: z.string(),
  /** Without its owner. */
  repo: z.string(),
  workflow_name: z.string(),
  job_name: z.string(),
  actor: z.string().optional(),
  runner_name: z.string().optional(),
  status: z.enum(['queued', 'in_progress']),
  labels: z.array(z.string()),
  url: z.string(),
  updated_at: time,
  startedAt: time.optional(),
  /** The host that its VM runs on. */
  agent_name: z.string().optional(),
  averageRuntime: nanoseconds.optional(),
  queuedAt: time.optional(),
});
export type JobStatus = z.infer<typeof jobStatus>;

export const runnerHost = z.object({
  name: z.string(),
  /** The client sends it back as `owner`; empty for a host that serves every account. */
  customer: z.string(),
  status: z.enum(['running', 'draining', 'disabled']),
  reachable: z.boolean(),
  /** From the control plane to the agent and back. */
  pingNano: nanoseconds.optional(),
  /** The agent's, not the machine's. */
  uptimeNano: nanoseconds.optional(),
  cpus: z.number().int().optional(),
  /** In bytes. */
  memory: z.number().int().optional(),
  memoryAvailable: z.number().int().optional(),
  vms: z.number().int(),
  maxVms: z.number().int().optional(),
  arch: z.enum(['amd64', 'arm64']).optional(),
  /** The version of its agent. */
  agentSHA: z.string().optional(),
  /** Only with `images=1`. */
  images: z.array(z.string()).optional(),
});
export type RunnerHost = z.infer<typeof runnerHost>;

/** What a job used of its VM. In the list memory and disk are decimal gigabytes, in the detail bytes: so the client reads them. */
export const snapshot = z.object({
  /** A text here. */
  job_id: z.string(),
  owner: z.string(),
  repo: z.string(),
  job: z.string(),
  workflow: z.string(),
  agent_name: z.string().optional(),
  hostname: z.string().optional(),
  started_at: time.optional(),
  completed_at: time.optional(),
  /** In units of `share_factor` CPUs. */
  total_cpu: z.number().int().optional(),
  share_factor: z.number().optional(),
  total_memory: z.number().optional(),
  /** In bytes in the detail, whatever its name says. */
  min_memory_available_gb: z.number().optional(),
  disk_space_total: z.number().optional(),
  disk_space_free: z.number().optional(),
  disk_space_used: z.number().optional(),
  /** In bytes, and in the detail alone. */
  network_read_total: z.number().optional(),
  network_write_total: z.number().optional(),
});
export type Snapshot = z.infer<typeof snapshot>;

/** A debug session, as the gateway lists it. */
export const sshSession = z.object({
  ConnectedAt: time,
  Command: z.string(),
  Hostname: z.string(),
  /** On the gateway. */
  Port: z.number().int(),
  /** The client shows those of its own user only. */
  Actor: z.string(),
  Rx: z.number().int(),
  Tx: z.number().int(),
  Connections: z.number().int(),
});
export type SshSession = z.infer<typeof sshSession>;
