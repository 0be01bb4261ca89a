// What OpenTelemetry's API lets one say of a span arrives at the collector.

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { KeepingTracer } from './keeping-tracer.ts';
import { requestOf } from './otlp-json.ts';

const now = 1_700_000_000_000;
const open = () => new KeepingTracer(() => now);
const sent = (tracer: KeepingTracer) =>
  requestOf(tracer.spans, { 'service.name': 'bellows', 'service.version': '1' }).resourceSpans[0]
    ?.scopeSpans[0]?.spans;

it('keeps all that was said of a span', () => {
  const tracer = open();
  const other = tracer.startSpan('other');
  const span = tracer.startSpan('a', { kind: SpanKind.CLIENT, startTime: [1_700_000_000, 5], root: true });
  span
    .setAttributes({ whole: 1, part: 0.5, is: true, words: ['a', null, 'b'] })
    .setAttribute('word', 'x')
    .addEvent('event', { n: 2 }, new Date(now))
    .addLink({ context: other.spanContext() })
    .setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
    .updateName('b');
  span.recordException(new TypeError('wrong'), now + 1);
  span.end();
  // What is over stays as it is.
  span
    .setAttribute('late', 1)
    .addEvent('late')
    .updateName('late')
    .end(now + 100);
  expect(span.isRecording()).toBe(false);
  const { spanId } = other.spanContext();
  expect(sent(tracer)).toMatchObject([
    {
      name: 'b',
      kind: 3,
      startTimeUnixNano: '1700000000000000005',
      endTimeUnixNano: '1700000000000000000',
      attributes: [
        { key: 'whole', value: { intValue: '1' } },
        { key: 'part', value: { doubleValue: 0.5 } },
        { key: 'is', value: { boolValue: true } },
        { key: 'words', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
        { key: 'word', value: { stringValue: 'x' } },
      ],
      events: [
        { name: 'event', timeUnixNano: '1700000000000000000', attributes: [{ key: 'n' }] },
        {
          name: 'exception',
          timeUnixNano: '1700000000001000000',
          attributes: [
            { key: 'exception.type', value: { stringValue: 'TypeError' } },
            { key: 'exception.message', value: { stringValue: 'wrong' } },
          ],
        },
      ],
      links: [{ spanId }],
      status: { code: 2, message: 'no' },
    },
  ]);
});

it('puts a span into the trace of its parent, and gives the same ids to the same trace', () => {
  const ids = [open(), open()].map((tracer) => {
    const job = tracer.startSpan('job', { attributes: { id: 1 }, root: true });
    const phase = tracer.startSpan('booting', {}, trace.setSpan(ROOT_CONTEXT, job));
    phase.end();
    job.end();
    const [whole, part] = sent(tracer) ?? [];
    expect(part?.traceId).toBe(whole?.traceId);
    expect(part?.parentSpanId).toBe(whole?.spanId);
    return [whole?.traceId, whole?.spanId, part?.spanId];
  });
  expect(ids[0]).toEqual(ids[1]);
  expect(ids[0]?.[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(ids[0]?.[1]).toMatch(/^[0-9a-f]{16}$/);
  const another = open().startSpan('job', { attributes: { id: 2 } });
  expect(another.spanContext().traceId).not.toBe(ids[0]?.[0]);
});

it('runs a function with its span', () => {
  const tracer = open();
  expect(tracer.startActiveSpan('a', (span) => span.spanContext().traceFlags)).toBe(1);
  expect(
    tracer.startActiveSpan('b', { kind: SpanKind.SERVER }, ROOT_CONTEXT, (span) => span.isRecording()),
  ).toBe(true);
});
