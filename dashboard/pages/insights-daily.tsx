import type { AnswerOf } from '../../src/wire/api/endpoints.ts';
import { dayText } from '../parts/day-text.ts';
import { countText, minutesText } from '../parts/figures.tsx';
import { Plot, stepsFrom } from '../parts/plot.tsx';
import type { Measure } from './insights-table.tsx';

const tenths = stepsFrom(0.1);

export function Daily({ days, measure }: { days: AnswerOf<'insightsDaily'>['days']; measure: Measure }) {
  const text = measure === 'minutes' ? minutesText : countText;
  const values = days.map(({ tally }) => tally[measure]);
  return (
    <section className="panel" aria-labelledby="daily">
      <h2 id="daily">{measure === 'minutes' ? 'Minutes' : 'Builds'} a day</h2>
      <Plot
        label={`From ${text(Math.min(...values))} to ${text(Math.max(...values))} ${measure} a day`}
        xs={days.map(({ day }) => Date.parse(day) / 1000)}
        lines={[{ label: measure === 'minutes' ? 'Minutes' : 'Builds', values, look: 'strong' }]}
        xLabel="Day"
        xText={dayText}
        yText={text}
        ySteps={measure === 'minutes' ? tenths : undefined}
        height={180}
      />
    </section>
  );
}
