// One line that answers "is it us?" for now, out of the incidents that are open.

import { type MeasuredPhase, type Owner, phaseRules } from './owners.ts';

/** `us`: whoever runs Bellows can mend it. */
export const sides = ['nobody', 'us', 'github', 'workflow'] as const;
export type Side = (typeof sides)[number];

const sideOf: Readonly<Record<Owner, Blamed>> = {
  'github-delivery': 'github',
  'github-api': 'github',
  'github-assignment': 'github',
  bellows: 'us',
  fleet: 'us',
  host: 'us',
  network: 'us',
  workflow: 'workflow',
};

/** What of an open incident is asked. */
export interface OpenIncident {
  readonly owner: Owner;
  readonly subject: string;
  /** What people call it, where that is not in the subject. */
  readonly name?: string | undefined;
  readonly evidence: readonly {
    readonly what: MeasuredPhase | 'failures';
    readonly ratio: number;
    readonly seenRate?: number | undefined;
    readonly jobs: number;
    /** Most first. */
    readonly reasons?: readonly { readonly words: string; readonly jobs: number }[] | undefined;
  }[];
}

export interface Verdict {
  /** Whose the largest is. */
  readonly side: Side;
  /** All that are to blame now, the largest first. */
  readonly owners: readonly Owner[];
  readonly words: string;
}

/** @param open those that are not over, in any order. */
export function verdictOf(open: readonly OpenIncident[]): Verdict {
  const [first, ...more] = open.toSorted((a, b) => weightOf(b) - weightOf(a) || (a.owner < b.owner ? -1 : 1));
  if (first === undefined)
    return { side: 'nobody', owners: [], words: 'No. Nothing takes longer or fails more often than usual.' };
  const side = sideOf[first.owner];
  const owners = [...new Set([first, ...more].map(({ owner }) => owner))];
  const ours = side === 'us' ? undefined : more.find(({ owner }) => sideOf[owner] === 'us');
  const sentences =
    ours === undefined
      ? [`${answers[side]}: ${whatOf(first)}.`]
      : [`Partly us, most of it ${names[side]}: ${whatOf(first)}.`, `Ours is ${whatOf(ours)}.`];
  const untold = more.length - (ours === undefined ? 0 : 1);
  if (untold > 0) sentences.push(`${untold} more ${untold === 1 ? 'thing is' : 'things are'} not as usual.`);
  return { side, owners, words: sentences.join(' ') };
}

type Blamed = Exclude<Side, 'nobody'>;

const names: Readonly<Record<Blamed, string>> = { us: 'us', github: 'GitHub', workflow: 'a workflow' };

const answers: Readonly<Record<Blamed, string>> = {
  us: `Yes, it is ${names.us}`,
  github: `No, it is ${names.github}`,
  workflow: `No, it is ${names.workflow}`,
};

/** Jobs that lost time or failed by it: many that lose little weigh as much as few that lose much. */
const weightOf = ({ evidence }: OpenIncident): number =>
  Math.max(0, ...evidence.map(({ jobs, ratio }) => jobs * Math.max(0.1, ratio - 1)));

/** Followed by a word on which one, if there are several. */
const things: Readonly<Record<Owner, string>> = {
  'github-delivery': 'its webhooks',
  'github-api': 'its API',
  'github-assignment': 'its assignment of jobs',
  bellows: 'Bellows itself',
  fleet: 'too few hosts',
  host: 'host',
  network: 'the network',
  workflow: '',
};

function whatOf({ owner, subject, name, evidence }: OpenIncident): string {
  const colon = subject.indexOf(':');
  const which = name ?? (colon < 0 ? '' : subject.slice(colon + 1));
  const thing =
    owner === 'host' && which === ''
      ? 'a host'
      : [things[owner], owner === 'fleet' ? which && `for ${which}` : which].filter(Boolean).join(' ');
  const worst = evidence.toSorted((a, b) => b.jobs - a.jobs || b.ratio - a.ratio)[0];
  if (worst === undefined) return thing;
  const seen =
    worst.what === 'failures'
      ? `${Math.round((worst.seenRate ?? 0) * 100)} % of jobs failed by it, ${worst.ratio.toFixed(1)} times the usual${reasonIn(worst)}`
      : `${worst.ratio.toFixed(1)} times the usual ${phaseRules[worst.what].words}`;
  return `${thing}, ${seen}, ${worst.jobs} ${worst.jobs === 1 ? 'job' : 'jobs'}`;
}

/** What more failed by than by anything else. */
const reasonIn = ({ reasons = [] }: OpenIncident['evidence'][number]): string =>
  reasons[0] === undefined ? '' : `, ${reasons[0].jobs} of them by ${reasons[0].words}`;
