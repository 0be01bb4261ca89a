// For those who watch the simulation and look often: rows as they are, without a transaction that others would feel. An
// iterable is to be read at once; a commit changes what it gives next.

import type { JobId, VmId } from '../../domain/ids.ts';
import type { Job, JobState } from '../../domain/lifecycle/job.ts';
import type { Vm, VmState } from '../../domain/lifecycle/vm.ts';
import type { Host } from '../../domain/scheduling/host.ts';
import type { Delivery } from '../../ports/delivery-tables.ts';
import type { RecordedRepair } from '../../ports/repair-tables.ts';
import type { Task } from '../../ports/store.ts';
import type { Tables } from './tables.ts';

/** Rows of each kind, oldest first where states are named, else in no order. */
export interface Peek {
  job(id: JobId): Job | undefined;
  jobs(states?: readonly JobState[]): Iterable<Job>;
  vm(id: VmId): Vm | undefined;
  vms(states?: readonly VmState[]): Iterable<Vm>;
  /** All VMs that are not `gone`. */
  liveVms(): Iterable<Vm>;
  hosts(): Iterable<Host>;
  /** In the order in which they can be taken. */
  tasks(): Iterable<Task>;
  repairs(): Iterable<RecordedRepair>;
  /** How many deliveries are kept in this state. */
  deliveries(state: Delivery['state']): number;
}

export function peekAt(tables: Tables): Peek {
  const jobs = tables.jobs.participant.committed;
  const vms = tables.vms.participant.committed;
  return {
    job: (id) => jobs.get(`${id}`),
    jobs: (states) =>
      states === undefined ? jobs.all() : ofEach(states, (state) => jobs.having('state', state)),
    vm: (id) => vms.get(id),
    vms: (states) =>
      states === undefined ? vms.all() : ofEach(states, (state) => vms.having('state', state)),
    liveVms: () => vms.having('live', ''),
    hosts: () => tables.hosts.participant.committed.having('all', ''),
    *tasks() {
      for (const {
        id,
        what,
        dueAt,
        attempts,
        lastError,
        superseded,
      } of tables.tasks.participant.committed.having('all', '')) {
        if (!superseded) yield { id, what, dueAt, attempts, lastError };
      }
    },
    repairs: () => tables.repairs.participant.committed.having('all', ''),
    deliveries: (state) => tables.deliveries.participant.committed.count('state', state),
  };
}

function* ofEach<State, Row>(
  states: readonly State[],
  having: (state: State) => Iterable<Row>,
): Generator<Row> {
  for (const state of states) yield* having(state);
}
