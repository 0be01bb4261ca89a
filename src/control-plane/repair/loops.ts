import { certificateLoop } from '../alerts/watch-certificate.ts';
import { githubStatusLoop } from '../attribution/watch-github-status.ts';
import { attributionLoop } from '../attribution/watch-phases.ts';
import type { RepairLoop } from './loop.ts';
import { pollLoop } from './poll.ts';
import { redeliver } from './redeliver.ts';
import { runnerGroupLoop } from './runner-groups.ts';
import { sweepLoop } from './sweep-runners.ts';
import { hostLoop } from './watch-hosts.ts';

/** Every repair loop that runs by itself and by `bellows repair`, in this order there. */
export const repairLoops: readonly RepairLoop[] = [
  redeliver,
  pollLoop,
  sweepLoop,
  hostLoop,
  attributionLoop,
  githubStatusLoop,
  certificateLoop,
  runnerGroupLoop,
];
