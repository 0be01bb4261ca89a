// What the agent's archive says of itself, what a download server says of an archive, and what an installation writes down.

import { z } from 'zod';

export const archiveFormat = 1;
/** Lies at the top of the archive, and of the folder that it is unpacked to. */
export const manifestName = 'manifest.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const version = z.string().regex(/^[0-9][\w.+-]{0,63}$/);
const arch = z.enum(['x64', 'arm64']);
/** Relative, and never out of the folder. */
const path = z
  .string()
  .max(300)
  .regex(/^[\w@.+-]+(\/[\w@.+-]+)*$/)
  .refine((text) => !text.split('/').some((part) => part === '.' || part === '..'));

/** Every file of the archive but the manifest itself. */
export const archiveManifest = z.strictObject({
  format: z.literal(archiveFormat),
  version,
  arch,
  files: z
    .array(z.strictObject({ path, bytes: z.number().int().nonnegative(), sha256, executable: z.boolean() }))
    .min(1)
    .max(10_000),
});
export type ArchiveManifest = z.infer<typeof archiveManifest>;

/** Beside an archive on a server that gives it away, in a file of `releaseName`. */
export const agentRelease = z.strictObject({
  format: z.literal(archiveFormat),
  version,
  arch,
  archive: z.string().regex(/^[\w.+-]+\.tar\.gz$/),
  bytes: z.number().int().positive(),
  sha256,
});
export type AgentRelease = z.infer<typeof agentRelease>;

export const releaseName = (arch: 'x64' | 'arm64'): string => `bellows-agent-linux-${arch}.json`;

/** What an installation did to the host, so that a second run goes on and `uninstall` takes back no more than that. */
export const installRecord = z.object({
  format: z.literal(1),
  /** `installing` from before the first change until after the last. */
  state: z.enum(['installing', 'installed']),
  version,
  /** Debian packages that were not there before. */
  packages: z.array(z.string()),
  /** The file system that was made, named by its UUID before it is. */
  disk: z.object({ device: z.string(), uuid: z.guid() }).optional(),
});
export type InstallRecord = z.infer<typeof installRecord>;
