// What is generated, from where, into which block of which file.

import { lifecycleBlocks } from '../../src/domain/lifecycle/print-table.ts';
import { cliBlocks, configurationBlocks, doctorBlocks } from '../../src/main/print-pages.ts';
import { beliefsAsMarkdown } from '../../src/sim/github/beliefs.ts';

export interface Generator {
  readonly file: string;
  /** NAME in `<!-- generated:NAME -->`. */
  readonly block: string;
  /** The block's inside, as Markdown. */
  generate(): string;
}

/** Block name → its text, for one file. */
type Blocks = Readonly<Record<string, () => string>>;

export const generators: readonly Generator[] = [
  ...blocksOf('docs/lifecycle.md', lifecycleBlocks),
  ...blocksOf('docs/configuration.md', configurationBlocks),
  ...blocksOf('docs/cli.md', cliBlocks),
  ...blocksOf('docs/doctor.md', doctorBlocks),
  ...blocksOf('docs/github-simulator.md', { beliefs: beliefsAsMarkdown }),
];

function blocksOf(file: string, blocks: Blocks): Generator[] {
  return Object.entries(blocks).map(([block, generate]) => ({ file, block, generate }));
}
