import type { ApiRepair } from '../../src/wire/api/repairs.ts';

/** What was mended, in words. */
export const repairWords: Readonly<Record<ApiRepair['kind'], string>> = {
  'delivery-redelivered': 'Lost webhook asked for again',
  'delivery-given-up': 'Lost webhook given up',
  'job-found-by-poll': 'Job found without a webhook',
  'job-corrected-by-poll': 'Job corrected by a poll',
  'job-corrected-by-read': 'Job corrected by a read',
  'vm-replaced': 'VM replaced',
  'vm-reaped': 'VM reaped',
  'runner-reregistered': 'Runner registered again',
  'registration-swept': 'Registration swept',
  'host-silent': 'Host silent',
  'host-removed': 'Host removed',
  'task-taken-over': 'Task taken over',
};
