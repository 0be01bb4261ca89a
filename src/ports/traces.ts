import type { JobTrace } from '../domain/insights/job-trace.ts';

export interface TraceExporter {
  /**
   * Resolves when all were taken. The same trace may come again, with the same ids.
   * @throws when they were not.
   */
  export(traces: readonly JobTrace[]): Promise<void>;
}
