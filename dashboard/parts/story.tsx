// What happened to a job and its VMs, line by line, as the history has it.

import type { ApiEvent } from '../../src/wire/api/jobs.ts';
import { ClockTime, durationText } from './time.tsx';

export function Story({ events }: { events: readonly ApiEvent[] }) {
  return (
    <section className="table-frame" aria-label="What happened">
      <table className="story">
        <caption className="unseen">What happened, oldest first</caption>
        <colgroup>
          <col style={{ width: '5.5rem' }} />
          <col style={{ width: '11rem' }} className="wide-only" />
          <col />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col" className="wide-only">
              To
            </th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end
            <tr key={index}>
              <td className="nowrap muted">
                <ClockTime time={event.at} />
              </td>
              <td className="wide-only nowrap muted">
                <code>{/^\d+$/.test(event.subject) ? 'job' : event.subject}</code>
              </td>
              <td className="wrap">
                {event.event.replaceAll('-', ' ')} <span className="muted small">{dataText(event)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Times of the kind that only programs read are left out: the line has its own. */
const unsaid = new Set(['from', 'to', 'asOf', 'heardAt']);

function dataText({ data }: ApiEvent): string {
  const { from, to } = data;
  const moves =
    typeof to !== 'string' || from === to ? [] : [typeof from === 'string' ? `${from} → ${to}` : to];
  const others = Object.entries(data)
    .filter(([key, value]) => !unsaid.has(key) && value !== null && value !== '')
    .map(([key, value]) =>
      key === 'ms' ? durationText(Number(value)) : `${spaced(key)} ${valueText(value)}`,
    );
  return [...moves, ...others].join(', ');
}

/** `runnerName` → `runner name` */
const spaced = (key: string): string => key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(' ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .filter(([, inner]) => !(Array.isArray(inner) && inner.length === 0))
    .map(([key, inner]) => `${spaced(key)} ${valueText(inner)}`)
    .join(' ');
}
