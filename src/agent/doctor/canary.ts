// A VM that is booted to see whether VMs can be, and is given no job. It goes the way of every other: the same worker takes
// the same steps over the same ports. Only its journal is in memory, since it is not to outlive the doctor.

import { type ImageDigest, type VmId, vmId } from '../../domain/ids.ts';
import { type DurationMs, hours, minutes, seconds } from '../../domain/time.ts';
import type { Journal } from '../../ports/journal.ts';
import type { VmSpec } from '../../wire/agent-journal.ts';
import { BootSlots } from '../boot-slots.ts';
import { Ledger } from '../ledger.ts';
import { defaultLimits } from '../limits.ts';
import { LogRings } from '../log-ring.ts';
import { Rest } from '../rest.ts';
import { vmOf } from '../state.ts';
import { remove } from '../steps/stop.ts';
import { VmWorker } from '../vm-worker.ts';
import type { GuestSettings, ReachQuestion, WorkerDeps } from '../worker-deps.ts';
import { canaryPrefix, isCanary } from './canary-id.ts';

export type CanaryParts = Pick<
  WorkerDeps,
  'driver' | 'disk' | 'folder' | 'network' | 'cage' | 'images' | 'guestLink' | 'clock' | 'random' | 'log'
>;

export interface CanaryOptions {
  image: ImageDigest;
  /** Whole virtual processors. */
  vcpus: number;
  memoryMib: number;
  /** Of both tries: a boot that hangs is tried once more. */
  bootTimeoutMs: DurationMs;
  guest: GuestSettings;
  /** What the guest is asked to reach; none: it is not asked. */
  places: ReachQuestion['places'];
  /** Ends the canary early; it is removed all the same. */
  signal?: AbortSignal;
}

export interface CanaryReport {
  outcome: 'ok' | 'failed' | 'skipped';
  /** Why it is not ok. */
  reason: string;
  /** Milliseconds, in the order in which they were told. */
  phases: Readonly<Record<string, number>>;
  /** Undefined when the guest was not asked, or gave no answer. */
  reached: readonly ReachedPlace[] | undefined;
}

export type ReachedPlace = Parameters<ReachQuestion['onAnswer']>[0][number];

export const noCanary = (reason: string): CanaryReport => ({
  outcome: 'skipped',
  reason,
  phases: {},
  reached: undefined,
});

const answerMs = seconds(20);
const goneMs = minutes(2);

/** Boots the canary and removes it. @throws what the journal or the removal of an earlier canary throws. */
export async function bootCanary(parts: CanaryParts, options: CanaryOptions): Promise<CanaryReport> {
  const { clock, log } = parts;
  const begunAt = clock.now();
  await removeLeftovers(parts);
  const ledger = await Ledger.open(memoryJournal(), clock, log);
  const stopping = new AbortController();
  const rest = new Rest(clock, stopping.signal);
  ledger.onChange(rest.wake);
  options.signal?.addEventListener('abort', rest.wake, { once: true });
  const until = async (isDone: () => boolean, ms: DurationMs): Promise<boolean> => {
    for (const end = clock.now() + ms; ; await rest.pause(end - clock.now())) {
      rest.expectNews();
      if (isDone()) return true;
      if (clock.now() >= end) return false;
    }
  };

  let reached: readonly ReachedPlace[] | undefined;
  const onAnswer = (places: readonly ReachedPlace[]): void => {
    reached = places;
    rest.wake();
  };
  const vm = vmId(`${canaryPrefix}${Buffer.from(parts.random.bytes(3)).toString('hex')}`);
  const worker = await startWorker(parts, options, { ledger, vm, stopping: stopping.signal, onAnswer });

  const isOff = () => options.signal?.aborted === true;
  const record = () => vmOf(ledger.state, vm);
  const failed = () => record()?.failed ?? failureIn(ledger);
  const isUp = () => record()?.configured === true;
  await until(() => isUp() || failed() !== undefined || isOff(), options.bootTimeoutMs + minutes(2));
  const readyMs = isUp() ? clock.now() - begunAt : undefined;
  const asks = options.places.length > 0 && isUp();
  if (asks) await until(() => reached !== undefined || failed() !== undefined || isOff(), answerMs);

  await ledger.write((state) =>
    vmOf(state, vm) === undefined
      ? []
      : [{ kind: 'tombstone', at: clock.now(), vm, rule: 'canary', reason: 'the doctor has seen enough' }],
  );
  worker.wake();
  const isGone = await until(() => record() === undefined, goneMs);
  stopping.abort(new Error('the doctor is done'));
  await worker.done;
  const totalMs = clock.now() - begunAt;
  const phases = { ...phasesIn(ledger), ...(readyMs !== undefined && { ready: readyMs }), total: totalMs };
  const reason = !isGone
    ? `it was not removed: ${(await leftOf(parts, vm)).join(', ')}`
    : isOff()
      ? 'it was called off'
      : (failed() ?? (readyMs === undefined ? 'its guest was not configured in time' : ''));
  return { outcome: reason === '' ? 'ok' : 'failed', reason, phases, reached };
}

/** What a doctor that was killed has left behind. */
async function removeLeftovers(parts: CanaryParts): Promise<void> {
  const found = await Promise.all(placesOf(parts).map(([, part]) => part.find()));
  for (const vm of new Set(found.flat())) if (isCanary(vm)) await remove(parts, vm);
}

async function leftOf(parts: CanaryParts, vm: VmId): Promise<string[]> {
  const found = await Promise.all(
    placesOf(parts).map(async ([name, part]) => ((await part.find()).includes(vm) ? [name] : [])),
  );
  return found.flat();
}

function placesOf({ driver, cage, network, disk, folder }: CanaryParts) {
  return Object.entries({ process: driver, cage, network, disk, folder });
}

interface Errand {
  ledger: Ledger;
  vm: VmId;
  stopping: AbortSignal;
  onAnswer: ReachQuestion['onAnswer'];
}

async function startWorker(
  parts: CanaryParts,
  { places, guest, ...options }: CanaryOptions,
  { ledger, vm, stopping, onAnswer }: Errand,
): Promise<VmWorker> {
  const { clock } = parts;
  const spec: VmSpec = {
    vm,
    vcpus: options.vcpus,
    milliCpus: options.vcpus * 1000,
    memoryMib: options.memoryMib,
    diskGib: 4,
    burstable: true,
    image: options.image,
    hostname: 'canary',
    idleTimeoutMs: hours(1),
    bootTimeoutMs: options.bootTimeoutMs,
    lifetimeMs: hours(1),
  };
  await ledger.write(() => [{ kind: 'accepted', at: clock.now(), spec }]);
  const deps: WorkerDeps = {
    ...parts,
    ledger,
    guest,
    stopping,
    limits: defaultLimits,
    logs: new LogRings(clock),
    slots: new BootSlots(1),
    identity: { unseal: () => Promise.reject(new Error('bug: a canary was handed a configuration')) },
    wanted: () => undefined,
    warm: { take: async () => false, makeRoom: async () => undefined },
    ...(places.length > 0 && { reach: { places, onAnswer } }),
  };
  return new VmWorker(deps, vm);
}

/** The events are never acknowledged, so all of them are there. */
function phasesIn(ledger: Ledger): Record<string, number> {
  return Object.fromEntries(
    ledger.state.events.flatMap(({ event }) => (event.kind === 'phase' ? [[event.phase, event.ms]] : [])),
  );
}

function failureIn(ledger: Ledger): string | undefined {
  return ledger.state.events.flatMap(({ event }) => (event.kind === 'failed' ? event.reason : []))[0];
}

function memoryJournal(): Journal {
  let entries: readonly object[] = [];
  return {
    read: async () => entries,
    append: async (more) => {
      entries = [...entries, ...more];
    },
    replace: async (others) => {
      entries = others;
    },
  };
}
