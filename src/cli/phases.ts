import type { ApiPhaseFigure } from '../wire/api/incidents.ts';
import { type Command, outcomeOf } from './outcome.ts';
import { table } from './table.ts';

/** `bellows phases` */
export const phases = (): Command => async (api) =>
  outcomeOf(await api.call('phaseFigures', {}), (value) => ({
    ok: true,
    json: value,
    text: table(['what', 'whose', 'usual', 'lately', 'times', 'jobs'], value.figures.map(rowOf)),
  }));

const rowOf = ({ what, whose, latelyJobs, ratio, ...figure }: ApiPhaseFigure): string[] => [
  what,
  whose,
  figure.usualMs === undefined ? percent(figure.usualRate) : inSeconds(figure.usualMs),
  figure.latelyMs === undefined ? percent(figure.latelyRate) : inSeconds(figure.latelyMs),
  ratio === undefined ? '' : ratio.toFixed(1),
  String(latelyJobs),
];

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const percent = (rate: number | undefined): string =>
  rate === undefined ? '' : `${Math.round(rate * 100)} %`;
