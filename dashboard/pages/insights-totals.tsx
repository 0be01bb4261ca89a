import type { ApiTally } from '../../src/wire/api/insights.ts';
import { countText, Figure, minutesText } from '../parts/figures.tsx';

const shown: readonly (readonly [string, keyof ApiTally, (value: number) => string])[] = [
  ['Builds', 'builds', countText],
  ['Minutes', 'minutes', minutesText],
  ['Passed', 'success', countText],
  ['Failed', 'failure', countText],
  ['Cancelled', 'cancelled', countText],
];

export function Totals(props: { total: { now: ApiTally; before: ApiTally }; from: string; to: string }) {
  const { now, before } = props.total;
  return (
    <dl className="figures" aria-label={`In all, ${props.from} to ${props.to}`}>
      {shown.map(([title, key, text]) => (
        <Figure
          key={key}
          title={title}
          value={now[key]}
          text={text}
          than={[{ before: before[key], name: 'the days before', none: 'none in the days before' }]}
        />
      ))}
    </dl>
  );
}
