import type { ApiPhase } from '../../src/wire/api/jobs.ts';

type Phase = ApiPhase['name'];

export const phaseWords: Readonly<Record<Phase, string>> = {
  delivery: 'GitHub tells us',
  placing: 'Room is found',
  starting: 'VM starts',
  booting: 'VM boots',
  connecting: 'Runner connects',
  assigning: 'GitHub assigns the job',
  running: 'Workflow runs',
  clearing: 'VM is cleared',
};
