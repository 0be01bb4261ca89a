import {
  createApiTokenTable,
  createAuditTable,
  createPersonTable,
  createSessionTable,
} from './access-tables.ts';
import { createAttributionTable } from './attribution-table.ts';
import { createDeliveryTable } from './delivery-table.ts';
import { createHostTable } from './host-table.ts';
import { createInsightTable } from './insight-table.ts';
import { createJobTable, openJobs } from './job-table.ts';
import { createNoticeTable } from './notice-table.ts';
import { createLoopTable, createRepairTable } from './repair-tables.ts';
import {
  createBudgetTable,
  createEnrolmentTable,
  createHistoryTable,
  createSealedTable,
} from './small-tables.ts';
import { createTaskTable } from './task-table.ts';
import { createVitalsTable } from './vitals-table.ts';
import { createVmTable } from './vm-table.ts';

export type Tables = ReturnType<typeof createTables>;

export function createTables() {
  const jobs = createJobTable();
  return {
    deliveries: createDeliveryTable(),
    jobs,
    vms: createVmTable(),
    hosts: createHostTable(),
    tasks: createTaskTable(),
    history: createHistoryTable(),
    sealed: createSealedTable(),
    budget: createBudgetTable(),
    enrolments: createEnrolmentTable(),
    repairs: createRepairTable(),
    loops: createLoopTable(),
    people: createPersonTable(),
    sessions: createSessionTable(),
    apiTokens: createApiTokenTable(),
    audit: createAuditTable(),
    insights: createInsightTable((session, owners) => openJobs(jobs.participant, session, owners)),
    attribution: createAttributionTable(),
    vitals: createVitalsTable(),
    notices: createNoticeTable(),
  };
}
