import type { ApiPhaseFigure } from '../../src/wire/api/incidents.ts';
import { figureText, timesText } from '../parts/incident-words.ts';
import { OwnerMark } from '../parts/owner-mark.tsx';
import { type ShortColumn, ShortTable } from '../parts/short-table.tsx';
import { SubjectLink } from '../parts/subject.tsx';

type Measured = Omit<ApiPhaseFigure['subjects'][number], 'subject' | 'name'>;

/** From here on people should look, though it may be chance. */
const noticed = 1.5;

/** How long each phase takes lately, beside its usual; a host that is well above its own is named. */
export function PhaseFigures({ figures }: { figures: readonly ApiPhaseFigure[] }) {
  return (
    <section className="panel" aria-labelledby="phases">
      <h2 id="phases">The last hour beside the usual</h2>
      <ShortTable
        caption="Each phase and whose it is, its usual time, and the last hour's"
        columns={columns}
        rows={figures}
        rowKey={({ what, owner }) => `${what} ${owner}`}
      />
      <p className="muted small note">
        Middles of all jobs: half take longer. What jobs themselves take is told as how many times the usual
        of each.
      </p>
    </section>
  );
}

const columns: readonly ShortColumn<ApiPhaseFigure>[] = [
  { title: 'Phase', isHead: true, cell: (figure) => <Phase figure={figure} /> },
  { title: 'Whose', width: 'col-owner', wideOnly: true, cell: ({ owner }) => <OwnerMark owner={owner} /> },
  {
    title: 'Usual',
    width: 'col-figure',
    isNumber: true,
    cell: (figure) => <span title={highText(figure)}>{figureText(figure.usualMs, figure.usualRate)}</span>,
  },
  {
    title: 'Last hour',
    width: 'col-figure',
    isNumber: true,
    cell: ({ latelyMs, latelyRate }) => figureText(latelyMs, latelyRate),
  },
  {
    title: 'Times',
    width: 'col-times',
    isNumber: true,
    mark: (figure) => isNoticed(figure) && 'late',
    cell: ({ ratio }) => timesText(ratio),
  },
  { title: 'Jobs', width: 'col-times', isNumber: true, wideOnly: true, cell: ({ latelyJobs }) => latelyJobs },
];

/** Its words, and the hosts that are well above what all of them are. */
function Phase({ figure }: { figure: ApiPhaseFigure }) {
  const { what, words, subjects, ratio = 0 } = figure;
  const apart = subjects.filter((one) => isNoticed(one) && (one.ratio ?? 0) > 1.1 * ratio);
  return (
    <>
      {what === 'failures' ? `Failed by ${figure.whose}` : sentence(words)}
      {apart.map(({ subject, name, ...one }) => (
        <p key={subject} className="small late">
          <SubjectLink subject={subject} name={name} />: {besideUsual(one)}
        </p>
      ))}
    </>
  );
}

const besideUsual = ({ usualMs, usualRate, latelyMs, latelyRate, ratio }: Measured): string =>
  usualMs === undefined && usualRate === undefined
    ? `${timesText(ratio)} its usual`
    : `${figureText(latelyMs, latelyRate)}, usually ${figureText(usualMs, usualRate)}`;

/** Few fail, so a share that doubles may be one job. */
const isNoticed = ({ ratio = 0, usualRate, latelyRate = 0 }: Measured): boolean =>
  ratio >= noticed && (usualRate === undefined || latelyRate - usualRate >= 0.1);

const sentence = (words: string): string => words[0]?.toUpperCase() + words.slice(1);

const highText = ({ highMs }: ApiPhaseFigure): string | undefined =>
  highMs === undefined ? undefined : `Five of six take at most ${figureText(highMs, undefined)}`;
