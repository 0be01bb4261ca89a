import type { Instant } from '../../domain/time.ts';
import type { Tables } from './tables.ts';

/** How many rows of each table went. */
export interface Dropped {
  deliveries: number;
  history: number;
  repairs: number;
}

const dayMs = 86_400_000;
const dayOf = (at: Instant): number => Math.floor(at / dayMs) * dayMs;

/** Days and months are those of UTC. */
export function retain(
  { deliveries, history, repairs, audit }: Tables,
  before: { deliveries: Instant; history: Instant },
): Dropped {
  const unread = deliveries.participant.committed.having('state', 'new');
  const unreadDays = new Set([...unread].map(({ receivedAt }) => dayOf(receivedAt)));
  const firstDay = dayOf(before.deliveries);
  const { history: oldest } = before;
  const firstMonth = Date.UTC(new Date(oldest).getUTCFullYear(), new Date(oldest).getUTCMonth());
  audit.participant.drop(({ at }) => at < oldest);
  return {
    deliveries: deliveries.participant.drop(
      ({ receivedAt }) => receivedAt < firstDay && !unreadDays.has(dayOf(receivedAt)),
    ),
    history: history.participant.drop(({ line }) => line.at < firstMonth),
    repairs: repairs.participant.drop(({ at }) => at < oldest),
  };
}
