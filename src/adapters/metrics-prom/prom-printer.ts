// Prometheus's text format, written by prom-client. Each print has a registry of its own: all numbers come from elsewhere, and
// nothing is kept here between two scrapes.

import { Counter, Gauge, Registry, Histogram as SampledHistogram } from 'prom-client';
import { countOf, durationBuckets, type Family, type Sample } from '../../domain/metrics/family.ts';
import type { MetricPrinter } from '../../ports/metrics.ts';

interface Value {
  metricName: string;
  labels: Readonly<Record<string, string | number>>;
  value: number;
}

export class PromPrinter implements MetricPrinter {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  async print(families: readonly Family[]): Promise<string> {
    const registry = new Registry();
    for (const family of families) if (family.samples.length > 0) register(registry, family);
    return registry.metrics();
  }
}

function register(registry: Registry, { name, help, kind, samples }: Family): void {
  const labelNames = Object.keys(samples[0]?.labels ?? {});
  const about = { name, help, labelNames, registers: [registry] };
  if (kind === 'histogram') {
    new CountedHistogram(
      about,
      samples.flatMap((sample) => valuesOf(name, sample)),
    );
    return;
  }
  const metric = kind === 'counter' ? new Counter(about) : new Gauge(about);
  for (const sample of samples) if ('value' in sample) metric.inc({ ...sample.labels }, sample.value);
}

/** prom-client's own is filled one observation at a time, and ours comes counted. */
class CountedHistogram extends SampledHistogram<string> {
  readonly #about: { name: string; help: string };
  readonly #values: readonly Value[];

  constructor(about: { name: string; help: string; registers: Registry[] }, values: readonly Value[]) {
    // Labels that it never sees have no names there; `le` may not be one of them.
    super({ name: about.name, help: about.help, registers: about.registers });
    this.#about = { name: about.name, help: about.help };
    this.#values = values;
  }

  /** What the registry prints, and `get` is made of; the package's types do not tell of it. */
  async getForPromString() {
    return { ...this.#about, type: 'histogram', values: this.#values };
  }
}

function valuesOf(name: string, sample: Sample): readonly Value[] {
  if ('value' in sample) return [];
  const { labels, histogram } = sample;
  const bucket = (le: number | string, value: number): Value => ({
    metricName: `${name}_bucket`,
    labels: { le, ...labels },
    value,
  });
  const of = (part: string, value: number): Value => ({
    metricName: `${name}_${part}`,
    labels,
    value,
  });
  let below = 0;
  const buckets = durationBuckets.map((end, index) => {
    below += histogram.counts[index] ?? 0;
    return bucket(end, below);
  });
  const count = countOf(histogram);
  return [...buckets, bucket('+Inf', count), of('sum', histogram.sum), of('count', count)];
}
