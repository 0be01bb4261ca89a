/** The only source of randomness. Ids need not be secret; `bytes` is fit for secrets in production. */
export interface Random {
  bytes(count: number): Uint8Array;
  /** A number from 0 (inclusive) to 1 (exclusive), for jitter. */
  fraction(): number;
}
