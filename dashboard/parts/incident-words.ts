// What an incident is, in words that somebody understands who knows nothing of its parts.

import type { ApiIncident } from '../../src/wire/api/incidents.ts';
import { durationText } from './time.tsx';

type Owner = ApiIncident['owner'];
type Evidence = ApiIncident['evidence'][number];

/** For the filter, and beside the colour. */
export const causeNames: Readonly<Record<Owner, string>> = {
  'github-delivery': 'GitHub delivers late',
  'github-api': "GitHub's API",
  'github-assignment': "GitHub's assignment",
  bellows: 'Bellows',
  fleet: 'Fleet too small',
  host: 'A host',
  network: 'The network',
  workflow: 'The workflow',
};

/** Those that whoever runs Bellows can mend. */
const mendable: ReadonlySet<Owner> = new Set(['bellows', 'fleet', 'host', 'network']);

export const oursFirst = (incidents: readonly ApiIncident[]): readonly ApiIncident[] =>
  incidents.toSorted((a, b) => Number(mendable.has(b.owner)) - Number(mendable.has(a.owner)));

/** A whole sentence without its full stop. */
export function sentenceFor({ owner, subject, name, evidence }: ApiIncident): string {
  const fails = evidence.length > 0 && evidence.every(({ what }) => what === 'failures');
  const sentences: Readonly<Record<Owner, string>> = {
    'github-delivery': 'GitHub tells us late of its jobs',
    'github-api': fails ? "GitHub's API fails" : "GitHub's API is slow",
    'github-assignment': 'GitHub is slow to give jobs to runners',
    bellows: fails ? 'Bellows fails VMs' : 'Bellows is slow',
    fleet: 'The fleet is too small',
    host:
      subject === 'host'
        ? fails
          ? 'VMs fail on a host'
          : 'A host is slow'
        : fails
          ? `VMs fail on host ${name}`
          : `Host ${name} is slow`,
    network: fails ? 'The network fails' : 'The network is slow',
    workflow: fails ? `Jobs of ${name} fail more often` : `Jobs of ${name} take longer`,
  };
  return sentences[owner];
}

/** What to do about it: against that by which most failed, where that is known. */
export function adviceOn({ owner, evidence }: ApiIncident): string {
  const [most] = evidence.flatMap(({ reasons = [] }) => reasons).sort((a, b) => b.jobs - a.jobs);
  const onlyFails = evidence.every(({ what }) => what === 'failures');
  return most === undefined || !onlyFails ? adviceFor[owner] : most.advice;
}

const adviceFor: Readonly<Record<Owner, string>> = {
  'github-delivery': 'Nothing to do here: Bellows asks GitHub for the jobs of which it was not told.',
  'github-api': 'Nothing to do here: calls are tried again until GitHub answers.',
  'github-assignment': 'Nothing to do here: runners wait, and jobs get them once GitHub assigns.',
  bellows: 'Look at the load of the control plane and of its database, and at its log.',
  fleet: 'Enrol another host, or ask for smaller labels where jobs need less.',
  host: 'Look at what else runs on the host; drain it if it does not get better.',
  network: 'Look at the way from the hosts to GitHub: uplink, proxy, DNS.',
  workflow: 'Look at what the newest commits changed; Slower jobs has the plot of each job.',
};

export const endings: Readonly<Record<NonNullable<ApiIncident['ending']>, string>> = {
  calm: 'as usual again',
  silence: 'nothing came any more',
  usual: 'lasted until it was the usual',
};

export const isFor = (subject: string, kind: 'host' | 'labels' | 'repository'): string | undefined =>
  subject.startsWith(`${kind}:`) ? subject.slice(kind.length + 1) : undefined;

const percentText = (rate: number): string =>
  `${new Intl.NumberFormat(undefined, { maximumFractionDigits: rate < 0.1 ? 1 : 0 }).format(100 * rate)} %`;

/** A time or a share, whichever there is. */
export const figureText = (ms: number | undefined, rate: number | undefined): string =>
  ms !== undefined ? durationText(ms) : rate !== undefined ? percentText(rate) : '—';

export const timesText = (ratio: number | undefined): string =>
  ratio === undefined ? '—' : `${ratio.toFixed(ratio < 9.95 ? 1 : 0)} ×`;

/** What most tells of it. */
export const worstOf = ({ evidence }: ApiIncident): Evidence | undefined =>
  evidence.toSorted((a, b) => b.ratio - a.ratio)[0];
