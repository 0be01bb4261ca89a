import { z } from 'zod';

/** What the demo tells the agent's process: by message, since arguments and environment can be read by others. */
export const agentOrder = z.object({
  url: z.string(),
  folder: z.string(),
  enrolToken: z.string(),
  githubPort: z.number(),
  verbose: z.boolean(),
});
export type AgentOrder = z.infer<typeof agentOrder>;
