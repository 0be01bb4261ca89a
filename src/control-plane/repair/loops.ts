import type { RepairLoop } from './loop.ts';

/** Every repair loop that runs by itself and by `bellows repair`, in this order there. */
export const repairLoops: readonly RepairLoop[] = [];
