import { noAlerts } from '../../domain/alerts/tell.ts';
import { toIso } from '../../domain/time.ts';
import { type ApiAnswer, answered, refused } from '../../wire/api/endpoint.ts';
import type { AnswerOf } from '../../wire/api/endpoints.ts';
import { askForTest } from '../alerts/alert-loop.ts';
import type { RequestDeps } from './deps.ts';

type AlertDeps = Pick<RequestDeps, 'store' | 'clock' | 'alerts'>;

const namesIn = ({ alerts }: AlertDeps): string[] => (alerts?.senders ?? []).map(({ name }) => name);

export async function listAlerts(deps: AlertDeps): Promise<ApiAnswer<AnswerOf<'listAlerts'>>> {
  const now = deps.clock.now();
  const state = (await deps.store.transaction((tx) => tx.loops.get('alerts'))) ?? noAlerts(now);
  return answered({
    now: toIso(now),
    senders: namesIn(deps),
    alerts: Object.values(state.alerts)
      .filter(({ clearSince }) => clearSince === undefined)
      .map(({ rule, subject, text, since, toldAt }) => ({
        ...{ rule, subject, text, since: toIso(since) },
        ...(toldAt !== undefined && { toldAt: toIso(toldAt) }),
      })),
    waiting: state.outbox.length,
    givenUp: state.givenUp,
  });
}

export async function testAlerts(deps: AlertDeps): Promise<ApiAnswer<AnswerOf<'testAlerts'>>> {
  const senders = namesIn(deps);
  if (senders.length === 0)
    return refused(409, 'No sender', 'Nobody is told of alerts here: see docs/alerts.md for the settings.');
  return answered({ alert: await askForTest(deps, senders), senders });
}
