import { hostAndPort, path, url } from './parsers.ts';
import { optional } from './setting.ts';

export const serverMetricSettings = {
  metricsTokenFile: optional(
    'BELLOWS_METRICS_TOKEN_FILE',
    path,
    'File with a token that is good for `/metrics` and nothing else. The admin token is good there, too; the token of an account shows that account alone.',
  ),
  otlpEndpoint: optional(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    url,
    'A collector that takes OTLP over HTTP: each job that is over is sent as a trace (docs/metrics.md).',
  ),
} as const;

export const agentMetricSettings = {
  agentMetrics: optional(
    'BELLOWS_AGENT_METRICS',
    hostAndPort,
    'Loopback address where the agent serves `/metrics` for Prometheus, such as `127.0.0.1:9465`; off when unset (docs/metrics.md).',
  ),
} as const;
