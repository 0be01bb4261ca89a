// By what an incident is told: what was seen beside the usual, of how many jobs and accounts, and jobs to look at.

import { Link } from 'wouter';
import type { ApiIncident } from '../../src/wire/api/incidents.ts';
import { countText } from './figures.tsx';
import { figureText, timesText } from './incident-words.ts';
import { ClockTime, durationText } from './time.tsx';

export function Evidence({ evidence }: Pick<ApiIncident, 'evidence'>) {
  return (
    <table className="evidence">
      <caption className="unseen">What was seen, beside the usual</caption>
      <colgroup>
        <col />
        <col className="col-figure" />
        <col className="col-figure" />
        <col className="col-times" />
        <col className="wide-only col-jobs" />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col" className="number">
            Usual
          </th>
          <th scope="col" className="number">
            Seen
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
        {evidence.map((one) => (
          <tr key={one.what}>
            <th scope="row" className="wrap">
              {wordsOf(one)}
            </th>
            <td className="number">{figureText(one.usualMs, one.usualRate)}</td>
            <td className="number">{figureText(one.seenMs, one.seenRate)}</td>
            <td className="number">
              <b>{timesText(one.ratio)}</b>
            </td>
            <td className="number wide-only">{jobsText(one)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type One = ApiIncident['evidence'][number];

const wordsOf = ({ what, words }: One): string =>
  what === 'failures' ? 'Share that fails' : `Time ${words}`;

const jobsText = ({ jobs, accounts }: One): string =>
  `${countText(jobs)} of ${accounts.length === 1 ? accounts[0]?.account : `${accounts.length} organisations`}`;

/** The newest jobs in which it was seen. */
export function Examples({ evidence, most }: Pick<ApiIncident, 'evidence'> & { most: number }) {
  const examples = evidence
    .flatMap((one) => one.examples.map((example) => ({ ...example, what: one.what })))
    .sort((a, b) => b.at.localeCompare(a.at))
    .slice(0, most);
  if (examples.length === 0) return null;
  return (
    <table className="evidence">
      <caption className="unseen">Jobs in which it was seen, newest first</caption>
      <colgroup>
        <col />
        <col className="wide-only" />
        <col className="col-figure" />
        <col className="col-figure" />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">Seen in job</th>
          <th scope="col" className="wide-only">
            Of
          </th>
          <th scope="col" className="number">
            At
          </th>
          <th scope="col" className="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {examples.map(({ what, job, account, at, ms }) => (
          <tr key={`${what} ${job} ${at}`}>
            <td>
              <Link href={`/jobs/${job}`}>{job}</Link>
            </td>
            <td className="wide-only">{account}</td>
            <td className="number">
              <ClockTime time={at} />
            </td>
            <td className="number">{ms === undefined ? 'failed' : durationText(ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
