import type { VmId } from '../domain/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { GuestLink } from '../ports/guest-link.ts';
import type { HostNetwork } from '../ports/host-network.ts';
import type { ImageSource } from '../ports/image-source.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { ScratchDisk } from '../ports/scratch-disk.ts';
import type { HostIdentity } from '../ports/sealer.ts';
import type { VmCage } from '../ports/vm-cage.ts';
import type { MachineRates, VmDriver } from '../ports/vm-driver.ts';
import type { VmFolder } from '../ports/vm-folder.ts';
import type { VmSpec } from '../wire/agent-journal.ts';
import type { DesiredVm } from '../wire/agent-protocol.ts';
import type { GuestMessage } from '../wire/guest-protocol/messages.ts';
import type { BootSlots } from './boot-slots.ts';
import type { Ledger } from './ledger.ts';
import type { AgentLimits } from './limits.ts';
import type { LineBook } from './vm-log-book.ts';

/** What every guest of this host is given. */
export interface GuestSettings {
  /** Lines for /etc/hosts. */
  hosts: readonly string[];
  /** Proxy settings and the like; never secrets. */
  environment: Readonly<Record<string, string>>;
  dockerMirrors: readonly string[];
  rates: MachineRates;
}

/** A question about the way out of the VM, put to each guest once it is configured; and who hears the answer. */
export interface ReachQuestion {
  places: readonly { host: string; port: number }[];
  onAnswer(places: Extract<GuestMessage, { type: 'reached' }>['places']): void;
}

/** VMs that were booted before anybody asked. */
export interface WarmVms {
  /** Gives one to an order, if one is alike, and says whether it did; from then on it is the order's own, and up. */
  take(spec: VmSpec): Promise<boolean>;
  /** Resolves when what was asked for has the memory that warm VMs held of it. */
  makeRoom(): Promise<void>;
}

/** What takes care of one VM needs. */
export interface WorkerDeps {
  driver: VmDriver;
  disk: ScratchDisk;
  folder: VmFolder;
  network: HostNetwork;
  cage: VmCage;
  images: ImageSource;
  guestLink: GuestLink;
  identity: Pick<HostIdentity, 'unseal'>;
  clock: Clock;
  random: Random;
  log: Log;
  ledger: Ledger;
  logs: LineBook;
  slots: BootSlots;
  warm: WarmVms;
  limits: AgentLimits;
  guest: GuestSettings;
  /** Only the doctor's canary is asked. */
  reach?: ReachQuestion;
  /** The VM as the control plane wants it at the moment; undefined when it does not say. */
  wanted(vm: VmId): DesiredVm | undefined;
  /** Aborts when the agent stops. VMs go on. */
  stopping: AbortSignal;
}
