// A span of OpenTelemetry's API, kept until it is sent. The API's own package has none that keeps anything, and the SDK's would be
// two megabytes for one request.

import type {
  Attributes,
  AttributeValue,
  Exception,
  Link,
  Span,
  SpanContext,
  SpanStatus,
  TimeInput,
} from '@opentelemetry/api';

/** Nanoseconds since 1970. */
export type Nanoseconds = bigint;

export interface SpanBegin {
  context: SpanContext;
  parentSpanId?: string;
  name: string;
  /** As OTLP numbers them: the API's, and one more. */
  kind: number;
  startedAt: Nanoseconds;
  attributes: Attributes;
}

interface SpanEvent {
  name: string;
  at: Nanoseconds;
  attributes: Attributes;
}

export class KeptSpan implements Span {
  readonly begin: SpanBegin;
  readonly attributes: Attributes;
  readonly events: SpanEvent[] = [];
  readonly links: Link[];
  name: string;
  status: SpanStatus | undefined;
  endedAt: Nanoseconds | undefined;
  readonly #now: () => number;

  /** @param now milliseconds since 1970, for what comes without a time. */
  constructor(begin: SpanBegin, links: readonly Link[], now: () => number) {
    this.begin = begin;
    this.name = begin.name;
    this.attributes = { ...begin.attributes };
    this.links = [...links];
    this.#now = now;
  }

  spanContext(): SpanContext {
    return this.begin.context;
  }
  setAttribute(key: string, value: AttributeValue): this {
    return this.setAttributes({ [key]: value });
  }
  setAttributes(attributes: Attributes): this {
    if (this.isRecording()) Object.assign(this.attributes, attributes);
    return this;
  }
  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    const isTime = isTimeInput(attributesOrTime);
    const at = nanoseconds((isTime ? attributesOrTime : time) ?? this.#now());
    const attributes = isTime ? {} : { ...attributesOrTime };
    if (this.isRecording()) this.events.push({ name, at, attributes });
    return this;
  }
  addLink(link: Link): this {
    return this.addLinks([link]);
  }
  addLinks(links: Link[]): this {
    if (this.isRecording()) this.links.push(...links);
    return this;
  }
  setStatus(status: SpanStatus): this {
    if (this.isRecording()) this.status = status;
    return this;
  }
  updateName(name: string): this {
    if (this.isRecording()) this.name = name;
    return this;
  }
  /** A second end changes nothing (OpenTelemetry, "Trace API", End). */
  end(time?: TimeInput): void {
    this.endedAt ??= nanoseconds(time ?? this.#now());
  }
  isRecording(): boolean {
    return this.endedAt === undefined;
  }
  recordException(exception: Exception, time?: TimeInput): void {
    const { name = 'Error', message = '' } =
      typeof exception === 'string' ? { message: exception } : exception;
    const attributes = { 'exception.type': name, 'exception.message': message };
    this.addEvent('exception', attributes, time ?? this.#now());
  }
}

const isTimeInput = (value: Attributes | TimeInput | undefined): value is TimeInput =>
  typeof value === 'number' || value instanceof Date || Array.isArray(value);

/** Of a date, milliseconds since 1970, or seconds and nanoseconds. */
export function nanoseconds(time: TimeInput): Nanoseconds {
  if (Array.isArray(time)) return BigInt(time[0]) * 1_000_000_000n + BigInt(time[1]);
  return BigInt(Math.round(Number(time))) * 1_000_000n;
}
