import type { ImageDigest } from '../domain/ids.ts';
import type { LabelPolicy } from '../domain/labels/parse-label.ts';
import type { Timing } from '../domain/lifecycle/deadlines.ts';
import type { BalancePolicy } from '../domain/scheduling/balance.ts';
import type { CapacityPolicy } from '../domain/scheduling/capacity.ts';
import { type DurationMs, seconds } from '../domain/time.ts';

/** Wake-ups travel through the database and are rarely lost. */
export const defaultIdleLookMs: DurationMs = seconds(5);

/**
 * How long a host may say nothing to be given VMs: a third of the time after which it is called silent. It speaks every few
 * seconds, and its row is written a little more rarely.
 */
export const unheardMs = ({ hostSilenceMs }: Pick<Settings, 'hostSilenceMs'>): DurationMs =>
  hostSilenceMs / 3;

/** What the operator decided; made from the configuration by the composition root, never read from the environment here. */
export interface Settings {
  /** Random, made once for each installation of Bellows; part of every runner's name, so that we only ever sweep our own. */
  installationTag: string;
  /** Names this process in leases. */
  processName: string;
  /** Lower-cased accounts whose installations are served; `*` serves every installation of the App. */
  owners: readonly string[];
  /** The runner group of each organisation, lower-cased; GitHub's default group 1 where none is named. */
  runnerGroups: Readonly<Record<string, number>>;
  labels: LabelPolicy;
  timing: Timing;
  capacity: CapacityPolicy;
  balance: BalancePolicy;
  /** After how long the oldest job reserves a host (docs/architecture.md, "Who gets room first"). */
  reserveAfterMs: DurationMs;
  image: ImageDigest;
  /** How long a host may say nothing before its VMs count as unknown. */
  hostSilenceMs: DurationMs;
  /** After how long a silent host that a machine enrolled is removed. */
  removeHostAfterMs: DurationMs;
  /** The poll's pauses: repositories where a job waits, those where jobs were lately, and all the others that we serve. */
  pollActiveMs: DurationMs;
  pollLatelyMs: DurationMs;
  pollAllMs: DurationMs;
  /** The part of GitHub's hourly limit that looks may spend, above 0 and at most 1; the rest is for what cannot wait. */
  lookShare: number;
  /** How long a delivery or a task waits when the wake-up for it was lost; `defaultIdleLookMs` when left out. */
  idleLookMs?: DurationMs;
  /** Whether the end of a failed job's log is looked at for why it failed. */
  readLogs: boolean;
  /** Whether the author of a job is told at GitHub when it waits for what cannot be. */
  checkRuns: boolean;
}
