import type { AlertRule } from '../domain/alerts/rules.ts';
import type { AlertSender } from '../ports/alert-sender.ts';
import type { Certificate } from '../ports/certificate.ts';
import type { Clock } from '../ports/clock.ts';
import type { GitHub } from '../ports/github.ts';
import type { GitHubHook } from '../ports/github-hook.ts';
import type { GitHubStatusFeed } from '../ports/github-status.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { Store } from '../ports/store.ts';
import type { TraceExporter } from '../ports/traces.ts';
import type { Settings } from './settings.ts';

/** All that the control plane touches of the world. */
export interface Deps {
  store: Store;
  github: GitHub;
  /** The App's own webhook: what GitHub says that it delivered. */
  hook: GitHubHook;
  sealer: Sealer;
  clock: Clock;
  random: Random;
  log: Log;
  settings: Settings;
  /** GitHub's status page is not read when it is left out. */
  statusFeed?: GitHubStatusFeed;
  /** Of our public address; absent when that has none. */
  certificate?: Certificate;
  /** Jobs are not sent as traces when it is left out. */
  traces?: TraceExporter;
  /** Nobody is told of what is wrong when it is left out. */
  alerts?: { senders: readonly AlertSender[]; off: ReadonlySet<AlertRule> };
}
