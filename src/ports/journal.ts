/**
 * The agent's memory across crashes: entries of plain JSON, only ever added. Contract: `test/contract/journal.ts`.
 * Nothing secret is ever written to it, sealed or not (I8).
 */
export interface Journal {
  /** All entries in the order in which they were added. An entry whose writing was cut off by a crash is not among them. */
  read(): Promise<readonly unknown[]>;
  /** Resolves when the entries are on stable storage; all of them or, after a crash, the first few. */
  append(entries: readonly object[]): Promise<void>;
  /** Puts these entries in the place of all. After a crash either the old or the new ones are there. */
  replace(entries: readonly object[]): Promise<void>;
}
