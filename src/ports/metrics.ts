import type { Family } from '../domain/metrics/family.ts';

/** Prints metrics in a format that a monitoring system reads. */
export interface MetricPrinter {
  /** For the header of the answer. */
  readonly contentType: string;
  print(families: readonly Family[]): Promise<string>;
}
