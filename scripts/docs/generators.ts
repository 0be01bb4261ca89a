// What is generated, from where, into which block of which file.

export interface Generator {
  readonly file: string;
  /** NAME in `<!-- generated:NAME -->`. */
  readonly block: string;
  /** The file whose code the block describes. */
  readonly source: string;
  generate(): Promise<string>;
}

export const generators: readonly Generator[] = [];
