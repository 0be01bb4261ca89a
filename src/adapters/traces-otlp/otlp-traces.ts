// Traces by OTLP over HTTP, as JSON (OpenTelemetry Protocol Specification 1.x, "OTLP/HTTP", "JSON Protobuf Encoding"). Traces are
// made from history when all is over, so there is no span to be opened, and the SDK would be two megabytes for one request.

import { createHash } from 'node:crypto';
import type { JobTrace } from '../../domain/insights/job-trace.ts';
import type { Instant } from '../../domain/time.ts';
import type { TraceExporter } from '../../ports/traces.ts';

const sendMs = 10_000;
/** SPAN_KIND_INTERNAL */
const internal = 1;

/** @param endpoint the base, as in OTEL_EXPORTER_OTLP_ENDPOINT; `/v1/traces` is added. */
export function otlpTraces(endpoint: string, version: string): TraceExporter {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  return {
    async export(traces) {
      const body = {
        resourceSpans: [
          {
            resource: { attributes: attributesOf({ 'service.name': 'bellows', 'service.version': version }) },
            scopeSpans: [{ scope: { name: 'bellows', version }, spans: traces.flatMap(spansOf) }],
          },
        ],
      };
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(sendMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the trace collector answered ${response.status}`);
    },
  };
}

function spansOf({ job, start, end, attributes, spans }: JobTrace) {
  // The same for the same job, so that a trace that is sent twice is one.
  const traceId = hash(`job ${job}`).slice(0, 32);
  const spanId = (name: string): string => hash(`job ${job} ${name}`).slice(0, 16);
  const whole = { name: 'job', start, end, attributes };
  return [whole, ...spans].map((span) => ({
    traceId,
    spanId: spanId(span.name),
    ...(span !== whole && { parentSpanId: spanId(whole.name) }),
    name: span.name,
    kind: internal,
    startTimeUnixNano: nanoseconds(span.start),
    endTimeUnixNano: nanoseconds(span.end),
    attributes: attributesOf(span.attributes),
  }));
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
/** As text: a number of JSON does not hold so many digits. */
const nanoseconds = (at: Instant): string => `${at}000000`;

const attributesOf = (attributes: Readonly<Record<string, string | number>>) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: `${value}` } : { stringValue: value },
  }));
