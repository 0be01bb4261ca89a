import type { Family } from './family.ts';

/** Families as text, a line for each sample, so that a test can hold them against a file. */
export function written(families: readonly Family[]): string {
  const lines = families.flatMap(({ name, help, kind, samples }) => [
    `${kind} ${name}: ${help}`,
    ...samples.map((sample) => {
      const labels = Object.entries(sample.labels).map(([label, value]) => `${label}=${value}`);
      const figure =
        'value' in sample
          ? sample.value
          : `${sample.histogram.counts.join(' ')}, sum ${sample.histogram.sum}`;
      return `  ${[...labels, figure].join(' ')}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}
