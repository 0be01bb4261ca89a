import { hostAndPort, path } from './parsers.ts';
import { optional } from './setting.ts';

export const serverMetricSettings = {
  metricsTokenFile: optional(
    'BELLOWS_METRICS_TOKEN_FILE',
    path,
    'File with a token that is good for `/metrics` and nothing else. The admin token is good there, too; the token of an account shows that account alone.',
  ),
} as const;

export const agentMetricSettings = {
  agentMetrics: optional(
    'BELLOWS_AGENT_METRICS',
    hostAndPort,
    'Loopback address where the agent serves `/metrics` for Prometheus, such as `127.0.0.1:9465`; off when unset (docs/metrics.md).',
  ),
} as const;
