import { createHash } from 'node:crypto';
import {
  type Context,
  context,
  type Span,
  SpanKind,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { KeptSpan, nanoseconds } from './kept-span.ts';

/**
 * A tracer of OpenTelemetry's API that keeps its spans in `spans`. Its ids follow from what a trace begins with and from the spans'
 * names, so that a trace that is told twice is one: no two spans of a trace may have the same name.
 * @param now milliseconds since 1970
 */
export class KeepingTracer implements Tracer {
  readonly spans: KeptSpan[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  startSpan(name: string, options: SpanOptions = {}, within: Context = context.active()): Span {
    const { attributes = {}, kind = SpanKind.INTERNAL, links = [], root = false } = options;
    const parent = root ? undefined : trace.getSpanContext(within);
    const traceId = parent?.traceId ?? hash([name, attributes]).slice(0, 32);
    const span = new KeptSpan(
      {
        context: { traceId, spanId: hash([traceId, name]).slice(0, 16), traceFlags: TraceFlags.SAMPLED },
        ...(parent !== undefined && { parentSpanId: parent.spanId }),
        name,
        kind: kind + 1,
        startedAt: nanoseconds(options.startTime ?? this.#now()),
        attributes,
      },
      links,
      this.#now,
    );
    this.spans.push(span);
    return span;
  }

  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    ...rest: [F] | [SpanOptions, F] | [SpanOptions, Context, F]
  ): ReturnType<F> {
    const run = rest.at(-1) as F;
    const options = rest.length === 1 ? {} : rest[0];
    const within = rest.length === 3 ? rest[1] : context.active();
    const span = this.startSpan(name, options, within);
    return context.with(trace.setSpan(within, span), () => run(span) as ReturnType<F>);
  }
}

const hash = (of: unknown): string => createHash('sha256').update(JSON.stringify(of)).digest('hex');
