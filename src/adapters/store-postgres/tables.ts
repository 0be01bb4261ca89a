// The tables as kysely knows them. What is queried has a column; the whole row is in `doc`. `doc` is `json` and not `jsonb`,
// which refuses U+0000 and lone surrogates: names come from other people's workflow files, and none may stop the ingest.

import type { ColumnType, Generated } from 'kysely';
import type { Incident } from '../../domain/attribution/incident.ts';
import type { StreamKey } from '../../domain/attribution/sample.ts';
import type { Stream } from '../../domain/attribution/stream.ts';
import type { HostVitals } from '../../domain/hosts/vitals.ts';
import type { Deadline, Effect } from '../../domain/lifecycle/effects.ts';
import type { Job } from '../../domain/lifecycle/job.ts';
import type { Vm } from '../../domain/lifecycle/vm.ts';
import type { Repair, RepairKind } from '../../domain/repair/repair.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import type { Instant } from '../../domain/time.ts';
import type { WaitNotice } from '../../domain/waits/notice.ts';
import type { ApiToken, AuditEntry, LoginSession, Person } from '../../ports/access-tables.ts';
import type { Delivery } from '../../ports/delivery-tables.ts';
import type { Enrolment } from '../../ports/enrolment-table.ts';
import type { Note } from '../../ports/incident-tables.ts';
import type { Remembered } from '../../ports/repair-tables.ts';
import type { Budget } from '../../ports/store.ts';
import type { InsightTables } from './insight-rows.ts';

/** Read as an object, written as text. */
type Json<T> = ColumnType<T, string, string>;

export interface Tables extends InsightTables {
  meta: { epoch: string };
  delivery_guids: { guid: Delivery['guid']; received_at: Instant; seq: Generated<number> };
  deliveries: {
    received_at: Instant;
    seq: number;
    guid: Delivery['guid'];
    event: string;
    /** The pack of all that point to this row, or this delivery's own bytes; null where another row has them. */
    body: Buffer | null;
    state: Delivery['state'];
    note: string;
    pack_at: Instant | null;
    pack_seq: number | null;
    pack_start: number | null;
    pack_length: number | null;
  };
  jobs: {
    id: number;
    version: number;
    state: string;
    served: boolean;
    owner: string;
    repository: string;
    run_id: number;
    demand: string;
    first_seen_at: number;
    search: string;
    doc: Json<Job>;
  };
  vms: {
    id: string;
    version: number;
    state: string;
    owner: string;
    host: string | null;
    scope: string;
    runner_name: string;
    cause: number;
    demand: string;
    requested_at: number;
    since: number;
    search: string;
    doc: Json<Vm>;
  };
  hosts: { id: string; version: number; name: string; doc: Json<Host> };
  host_vitals: { host: string; doc: Json<HostVitals> };
  tasks: {
    id: Generated<number>;
    kind: string;
    what_key: string;
    what: Json<Effect | Deadline>;
    due_at: Instant;
    attempts: Generated<number>;
    last_error: Generated<string>;
    owner: string | null;
    lease_until: Instant | null;
    superseded: Generated<boolean>;
    claimable_at: ColumnType<Instant, never, never>;
  };
  history: {
    at: Instant;
    seq: Generated<number>;
    subject: string;
    event: string;
    data: Json<Readonly<Record<string, unknown>>>;
  };
  sealed: { vm: string; jwe: string };
  budgets: { bucket: string; doc: Json<Budget> };
  enrolments: { token_hash: string; expires_at: number; doc: Json<Enrolment> };
  repairs: {
    number: Generated<number>;
    at: Instant;
    kind: RepairKind;
    owner: string | null;
    subject: string;
    doc: Json<Repair>;
  };
  people: { id: number; doc: Json<Person> };
  sessions: { hash: string; expires_at: Instant; doc: Json<LoginSession> };
  api_tokens: { id: string; hash: string; person: number | null; created_at: Instant; doc: Json<ApiToken> };
  audit: {
    number: Generated<number>;
    at: Instant;
    caller: string;
    action: string;
    status: number | null;
    doc: Json<AuditEntry>;
  };
  loops: { loop: keyof Remembered; doc: Json<Remembered[keyof Remembered]> };
  attribution_notes: { number: Generated<number>; doc: Json<Note> };
  attribution_streams: { key: string; doc: Json<{ key: StreamKey; stream: Stream }> };
  wait_notices: { key: string; doc: Json<WaitNotice> };
  incidents: {
    id: string;
    opened_at: Instant;
    closed_at: Instant | null;
    accounts: string[];
    doc: Json<Incident>;
  };
}

/** A text that a `text` column takes: without U+0000 and half characters. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD');
