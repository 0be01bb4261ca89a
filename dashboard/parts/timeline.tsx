// Where the time of a job went: one bar to scale, and beneath it each phase with its owner in words. The run itself mostly
// dwarfs the rest, so the way to its start has a bar of its own.

import type { ApiPhase } from '../../src/wire/api/jobs.ts';
import { OwnerMark, ownerClass } from './owner-mark.tsx';
import { phaseWords } from './phase-words.ts';
import { durationText } from './time.tsx';

interface Stretch extends ApiPhase {
  ms: number;
}

export function Timeline({ phases, now }: { phases: readonly ApiPhase[]; now: number }) {
  const stretches = phases.map((phase) => ({
    ...phase,
    ms: Math.max(0, (phase.to === undefined ? now : Date.parse(phase.to)) - Date.parse(phase.from)),
  }));
  const start = stretches.findIndex(({ name }) => name === 'running');
  const way = start < 0 ? stretches : stretches.slice(0, start);
  return (
    <section className="panel timeline" aria-labelledby="timeline">
      <h2 id="timeline">Where the time went</h2>
      {start > 0 && <Bar title="To the first step" stretches={way} />}
      <Bar title="In all" stretches={stretches} />
      <Phases stretches={stretches} />
    </section>
  );
}

const sumOf = (stretches: readonly Stretch[]): number => stretches.reduce((sum, { ms }) => sum + ms, 0);

/** For the eye; the table beneath says the same. */
function Bar({ title, stretches }: { title: string; stretches: readonly Stretch[] }) {
  return (
    <div className="timeline-bar">
      <div>
        <span className="muted">{title}</span> <b>{durationText(sumOf(stretches))}</b>
      </div>
      <div className="bar" aria-hidden="true">
        {stretches.map(({ name, owner, ms, to }) => (
          <span
            key={name}
            className={`${ownerClass(owner)}${to === undefined ? ' open' : ''}`}
            style={{ flexGrow: Math.max(ms, 1) }}
            title={`${phaseWords[name]}: ${durationText(ms)}`}
          />
        ))}
      </div>
    </div>
  );
}

function Phases({ stretches }: { stretches: readonly Stretch[] }) {
  return (
    <table>
      <caption className="unseen">The phases in order, whose time each was, and how long it took</caption>
      <colgroup>
        <col />
        <col style={{ width: '7rem' }} />
        <col style={{ width: '7.5rem' }} />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">Phase</th>
          <th scope="col">Whose</th>
          <th scope="col" className="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {stretches.map(({ name, owner, ms, to }) => (
          <tr key={name}>
            <th scope="row">{phaseWords[name]}</th>
            <td>
              <OwnerMark owner={owner} />
            </td>
            <td className="number">
              {durationText(ms)}
              {to === undefined && ' so far'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
