// Spans as OTLP/HTTP takes them in JSON (OpenTelemetry Protocol Specification 1.x, "JSON Protobuf Encoding"): ids in hex, 64-bit
// numbers as text.

import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { KeptSpan } from './kept-span.ts';

export interface Resource {
  'service.name': string;
  'service.version': string;
}

/** What is not over is left out. */
export const requestOf = (spans: readonly KeptSpan[], resource: Resource) => ({
  resourceSpans: [
    {
      resource: { attributes: attributesOf({ ...resource }) },
      scopeSpans: [
        {
          scope: { name: resource['service.name'], version: resource['service.version'] },
          spans: spans.filter(({ endedAt }) => endedAt !== undefined).map(spanOf),
        },
      ],
    },
  ],
});

function spanOf({ begin, name, attributes, events, links, status, endedAt }: KeptSpan) {
  const { context, parentSpanId, kind, startedAt } = begin;
  return {
    ...{ traceId: context.traceId, spanId: context.spanId },
    ...(parentSpanId !== undefined && { parentSpanId }),
    ...{ name, kind, startTimeUnixNano: `${startedAt}`, endTimeUnixNano: `${endedAt}` },
    attributes: attributesOf(attributes),
    ...(events.length > 0 && {
      events: events.map((event) => ({
        ...{ timeUnixNano: `${event.at}`, name: event.name, attributes: attributesOf(event.attributes) },
      })),
    }),
    ...(links.length > 0 && {
      links: links.map((link) => ({
        ...{ traceId: link.context.traceId, spanId: link.context.spanId },
        attributes: attributesOf(link.attributes ?? {}),
      })),
    }),
    ...(status !== undefined && { status }),
  };
}

const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: jsonOf(value) }],
  );

type JsonValue =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: string }
  | { doubleValue: number }
  | { arrayValue: { values: JsonValue[] } };

function jsonOf(value: AttributeValue): JsonValue {
  if (Array.isArray(value))
    return { arrayValue: { values: value.flatMap((one) => (one == null ? [] : [jsonOf(one)])) } };
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: `${value}` } : { doubleValue: value };
}
