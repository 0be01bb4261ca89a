// What the store keeps to tell whose fault it is: notes of what is over and not yet judged, what is usual, and the incidents.

import type { Incident } from '../domain/attribution/incident.ts';
import type { Owner } from '../domain/attribution/owners.ts';
import type { StreamKey } from '../domain/attribution/sample.ts';
import type { Stream } from '../domain/attribution/stream.ts';
import type { JobId, VmId } from '../domain/ids.ts';
import type { Instant } from '../domain/time.ts';

/** `started`: the VM was given the job. `ended`: the job is over. `gone`: nothing is left of the VM. */
export type Note =
  | { kind: 'started'; job: JobId; vm: VmId }
  | { kind: 'ended'; job: JobId }
  | { kind: 'gone'; vm: VmId };

export type NumberedNote = Note & { number: number };

export interface AttributionTable {
  note(note: Note): Promise<void>;
  /** The oldest ones. Whoever reads and then forgets them holds the lock `repair:attribution`. */
  notes(limit: number): Promise<readonly NumberedNote[]>;
  forget(numbers: readonly number[]): Promise<void>;
  /** @param of which of those that there are of each repository, since these are many; all when left out. */
  streams(of?: RepositoryStreams): Promise<ReadonlyMap<StreamKey, Stream>>;
  putStreams(streams: ReadonlyMap<StreamKey, Stream>): Promise<void>;
  /** Written anew when there is one with this id. */
  putIncident(incident: Incident): Promise<void>;
  incident(id: string): Promise<Incident | undefined>;
  /** Newest first. */
  incidents(filter: IncidentFilter, limit: number): Promise<readonly Incident[]>;
}

export interface RepositoryStreams {
  /** Something was seen of it at this time or later. */
  since: Instant;
  /** Only of repositories of these lower-cased accounts; of all when left out. */
  owners?: readonly string[];
}

export interface IncidentFilter {
  /** Only those with jobs of one of these lower-cased accounts in their evidence; all when left out. */
  owners?: readonly string[];
  /** Only those that are not over. */
  open?: true;
  /** Only those that are one of these owners'. */
  whose?: readonly Owner[];
  /** Only those that went on at this time or later. */
  since?: Instant;
}
