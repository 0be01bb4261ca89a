import { age } from './age.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

/** `bellows alerts` */
export const alerts: Command = async (api) =>
  outcomeOf(await api.call('listAlerts'), (value) => ({
    ok: true,
    json: value,
    text: [
      value.alerts.length === 0
        ? 'Nothing is wrong.'
        : table(
            ['for', 'rule', 'of', 'told', 'what'],
            value.alerts.map(({ since, rule, subject, toldAt, text }) => [
              age(since, value.now),
              rule,
              subject,
              toldAt === undefined ? 'no' : `${age(toldAt, value.now)} ago`,
              text,
            ]),
          ),
      value.senders.length === 0
        ? 'Nobody is told: no sender is configured.'
        : `Told by: ${value.senders.join(', ')}.`,
      ...(value.waiting === 0 ? [] : [`Messages that wait to be sent: ${value.waiting}.`]),
    ].join('\n'),
  }));

/** `bellows alerts --test` */
export const testAlerts: Command = async (api) =>
  outcomeOf(await api.call('testAlerts'), (value) => ({
    ok: true,
    json: value,
    text: `A test message is on its way by: ${value.senders.join(', ')}. What fails is in the log of the control plane.`,
  }));
