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

/** A period to compare with, as it stands after "same as" and after "none". */
export interface Than {
  before: number;
  name: string;
  none: string;
}

export function Figure(props: {
  title: string;
  value: number;
  text: (value: number) => string;
  than: readonly Than[];
  isBad?: boolean;
}) {
  const { title, value, text, than, isBad } = props;
  return (
    <div className="figure">
      <dt>{title}</dt>
      <dd className={isBad === true ? 'figure-value bad' : 'figure-value'}>{text(value)}</dd>
      {than.map((one) => (
        <dd key={one.name} className="figure-change">
          {thanText(value, one)}
        </dd>
      ))}
    </div>
  );
}

function thanText(value: number, { before, name, none }: Than): string {
  const change = changeText(value, before);
  if (change === '') return `same as ${name}`;
  return before === 0 ? none : `${change} on ${name}`;
}
