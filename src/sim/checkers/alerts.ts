// What people are told of what is wrong. The checkers see only what arrives: they do not know what was wrong, but that what
// was told to be wrong must be told to be over once nobody breaks anything any more, and that nobody is told twice or too
// often.

import type { Told } from '../../domain/alerts/tell.ts';
import { alertTimes } from '../../domain/alerts/tell.ts';
import type { Receipt } from '../world/alert-inbox.ts';
import type { World, WorldEvent } from '../world/world.ts';
import type { Checker } from './checker.ts';

const keyOf = ({ rule, subject }: Told): string => (subject === '' ? rule : `${rule} of ${subject}`);

/** One that was put back to what it was may tell again what it told before. */
type Heard = { kind: 'new' | 'again'; receipt: Receipt } | undefined;

/** Each message counts once, by its id. */
function makeEar() {
  const seen = new Map<string, Receipt>();
  return (event: WorldEvent): Heard => {
    if (event.kind !== 'alert') return undefined;
    const kind = seen.has(event.receipt.message.id) ? 'again' : 'new';
    seen.set(event.receipt.message.id, event.receipt);
    return { kind, receipt: event.receipt };
  };
}

export function makeAlertsEnd(): Checker {
  const hear = makeEar();
  const firing = new Set<string>();
  return {
    name: 'what was told to be wrong is told to be over',
    family: 'liveness',
    hear(event) {
      if (event.kind === 'restored') firing.clear();
      const heard = hear(event);
      for (const item of heard?.kind === 'new' ? heard.receipt.message.items : []) {
        if (item.state === 'firing') firing.add(keyOf(item));
        else firing.delete(keyOf(item));
      }
      return [];
    },
    end: () => [...firing].sort().map((key) => `${key} was told, and never that it is over`),
  };
}

export function makeAlertsOnce(): Checker {
  const hear = makeEar();
  const firing = new Set<string>();
  let last: Receipt | undefined;
  return {
    name: 'nobody is told twice',
    family: 'correctness',
    hear(event, world) {
      if (event.kind === 'restored') {
        firing.clear();
        last = undefined;
      }
      const heard = hear(event);
      if (heard === undefined) return [];
      const { message } = heard.receipt;
      const before = last;
      last = heard.receipt;
      if (heard.kind === 'again')
        return before !== undefined && isExcused(before, world) ? [] : [`${message.id} was sent again`];
      return message.items.flatMap((item) => {
        const key = keyOf(item);
        const isKnown = firing.has(key);
        if (item.state === 'firing') firing.add(key);
        else firing.delete(key);
        if (item.state === 'firing') return isKnown ? [`${message.id} tells ${key} again`] : [];
        return [];
      });
    },
  };
}

/** Who sent it before may not have lived to write that it was sent, or could not; and whose clock is off sends too early. */
function isExcused({ server, life }: Receipt, { servers, weather }: World): boolean {
  const sender = servers.find(({ name }) => name === server);
  const died = sender === undefined || !sender.alive || sender.starts !== life;
  return died || servers.some(({ name }) => weather.databaseIsAway(name) || weather.clockErrorMs(name) !== 0);
}

export function makeAlertsPaced(): Checker {
  const hear = makeEar();
  let last: number | undefined;
  return {
    name: 'alerts come at most once a minute',
    family: 'correctness',
    hear(event) {
      if (event.kind === 'restored') last = undefined;
      const heard = hear(event);
      if (heard?.kind !== 'new') return [];
      const { id, at } = heard.receipt.message;
      // By their own time: one that could not be sent at once may arrive together with the next, and after it.
      const gap = last === undefined ? undefined : Math.abs(at - last);
      last = Math.max(at, last ?? at);
      return gap !== undefined && gap < alertTimes.gapMs
        ? [`${id} comes ${gap} ms after the one before`]
        : [];
    },
  };
}
