// Tells jobs through OpenTelemetry's API, and sends what was told by OTLP over HTTP. A job is told when all of it is over, so its
// spans begin and end at times of the past.

import { ROOT_CONTEXT, type Tracer, trace } from '@opentelemetry/api';
import type { JobTrace } from '../../domain/insights/job-trace.ts';
import type { TraceExporter } from '../../ports/traces.ts';
import { KeepingTracer } from './keeping-tracer.ts';
import { requestOf } from './otlp-json.ts';

const sendMs = 10_000;

/** @param endpoint the base, as in OTEL_EXPORTER_OTLP_ENDPOINT; `/v1/traces` is added. */
export function otlpTraces(endpoint: string, version: string): TraceExporter {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const resource = { 'service.name': 'bellows', 'service.version': version };
  return {
    async export(traces) {
      const tracer = new KeepingTracer(Date.now);
      for (const one of traces) tellJob(tracer, one);
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(requestOf(tracer.spans, resource)),
        signal: AbortSignal.timeout(sendMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the trace collector answered ${response.status}`);
    },
  };
}

function tellJob(tracer: Tracer, { start, end, attributes, spans }: JobTrace): void {
  const job = tracer.startSpan('job', { startTime: start, attributes, root: true });
  const within = trace.setSpan(ROOT_CONTEXT, job);
  for (const { name, ...phase } of spans) {
    const options = { startTime: phase.start, attributes: phase.attributes };
    tracer.startSpan(name, options, within).end(phase.end);
  }
  job.end(end);
}
