// Figures beside those of another period. More is neither good nor bad by itself, so a change has no colour.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export const countText = (count: number): string => whole.format(count);
export const minutesText = (minutes: number): string => (minutes < 100 ? tenths : whole).format(minutes);

/** `+12 %`; `new` where there was nothing before, and empty where nothing has changed. */
export function changeText(now: number, before: number): string {
  if (now === before) return '';
  if (before === 0) return 'new';
  const percent = Math.round((100 * (now - before)) / before);
  return percent === 0 ? '' : `${percent > 0 ? '+' : '−'}${whole.format(Math.abs(percent))} %`;
}

export function Figure(props: {
  title: string;
  value: string;
  /** Each with what it is compared to, such as `against yesterday`. */
  changes: readonly (readonly [change: string, to: string])[];
  isBad?: boolean;
}) {
  return (
    <div className="figure">
      <dt>{props.title}</dt>
      <dd className={props.isBad === true ? 'figure-value bad' : 'figure-value'}>{props.value}</dd>
      {props.changes.map(([change, to]) => (
        <dd key={to} className="figure-change">
          {change === '' ? 'same' : change} <span>{to}</span>
        </dd>
      ))}
    </div>
  );
}
