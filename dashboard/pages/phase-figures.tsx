import type { ApiPhaseFigure } from '../../src/wire/api/incidents.ts';
import { figureText, timesText } from '../parts/incident-words.ts';
import { OwnerMark } from '../parts/owner-mark.tsx';
import { SubjectLink } from '../parts/subject.tsx';

type Measured = Omit<ApiPhaseFigure['subjects'][number], 'subject' | 'name'>;

/** From here on people should look, though it may be chance. */
const noticed = 1.5;

/** How long each phase takes lately, beside its usual; a host that is well above its own is named. */
export function PhaseFigures({ figures }: { figures: readonly ApiPhaseFigure[] }) {
  return (
    <section className="panel" aria-labelledby="phases">
      <h2 id="phases">The last hour beside the usual</h2>
      <table className="evidence">
        <caption className="unseen">Each phase and whose it is, its usual time, and the last hour's</caption>
        <colgroup>
          <col />
          <col className="wide-only col-owner" />
          <col className="col-figure" />
          <col className="col-figure" />
          <col className="col-times" />
          <col className="wide-only col-times" />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col" className="wide-only">
              Whose
            </th>
            <th scope="col" className="number">
              Usual
            </th>
            <th scope="col" className="number">
              Last hour
            </th>
            <th scope="col" className="number">
              Times
            </th>
            <th scope="col" className="number wide-only">
              Jobs
            </th>
          </tr>
        </thead>
        <tbody>
          {figures.map((figure) => (
            <Row key={`${figure.what} ${figure.owner}`} figure={figure} />
          ))}
        </tbody>
      </table>
      <p className="muted small note">
        Middles of all jobs: half take longer. The jobs themselves are compared each with its own usual.
      </p>
    </section>
  );
}

function Row({ figure }: { figure: ApiPhaseFigure }) {
  const { what, owner, words, subjects, ratio = 0 } = figure;
  const apart = subjects.filter((one) => isNoticed(one) && (one.ratio ?? 0) > 1.1 * ratio);
  return (
    <tr>
      <th scope="row" className="wrap">
        {what === 'failures' ? `Failed by ${figure.whose}` : sentence(words)}
        {apart.map(({ subject, name, usualMs, usualRate, latelyMs, latelyRate }) => (
          <p key={subject} className="small late">
            <SubjectLink subject={subject} name={name} />: {figureText(latelyMs, latelyRate)}, usually{' '}
            {figureText(usualMs, usualRate)}
          </p>
        ))}
      </th>
      <td className="wide-only">
        <OwnerMark owner={owner} />
      </td>
      <td className="number" title={highText(figure)}>
        {figureText(figure.usualMs, figure.usualRate)}
      </td>
      <td className="number">{figureText(figure.latelyMs, figure.latelyRate)}</td>
      <td className={`number${isNoticed(figure) ? ' late' : ''}`}>{timesText(figure.ratio)}</td>
      <td className="number wide-only">{figure.latelyJobs}</td>
    </tr>
  );
}

/** Few fail, so a share that doubles may be one job. */
const isNoticed = ({ ratio = 0, usualRate = 0, latelyRate = 0, ...of }: Measured): boolean =>
  ratio >= noticed && (of.usualMs !== undefined || latelyRate - usualRate >= 0.1);

const sentence = (words: string): string => words[0]?.toUpperCase() + words.slice(1);

const highText = ({ highMs }: ApiPhaseFigure): string | undefined =>
  highMs === undefined ? undefined : `Five of six take at most ${figureText(highMs, undefined)}`;
