// What the proof and its hunter say to each other.

import { z } from 'zod';
import { moment } from './moment.ts';

export const hunt = z.object({
  pid: z.number(),
  journal: z.string(),
  /** It strikes at whichever comes first. */
  moments: z.array(moment),
  /** VMs that have borne enough. */
  spare: z.array(z.string()),
});
export type Hunt = z.infer<typeof hunt>;
/** With which VM the agent was at which moment when it was killed. */
export const kill = z.object({ vm: z.string(), moment });
export type Kill = z.infer<typeof kill>;
