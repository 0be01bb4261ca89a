/** The weeks of a job as a small line, oldest first. The figures stand beside it, so it is for the eye alone. */
export function Spark({ values }: { values: readonly number[] }) {
  const highest = Math.max(...values, 1);
  const step = values.length < 2 ? 0 : 76 / (values.length - 1);
  const points = values.map((value, index) => `${2 + index * step},${22 - (20 * value) / highest}`);
  return (
    <svg className="spark" viewBox="0 0 80 24" aria-hidden="true">
      <polyline points={points.join(' ')} />
      <circle cx={2 + (values.length - 1) * step} cy={22 - (20 * (values.at(-1) ?? 0)) / highest} r="2.5" />
    </svg>
  );
}
