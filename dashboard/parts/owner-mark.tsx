// Whose a phase, a delay or a failure is. The colour is the same everywhere, and never stands without the word.

import type { ReactNode } from 'react';

/** Those whose colour it is. GitHub's three parts share one, since they stand side by side only where words tell them apart. */
const colours = ['github', 'bellows', 'host', 'network', 'fleet', 'workflow'] as const;

const ownerNames: Readonly<Record<string, string>> = {
  github: 'GitHub',
  'github-delivery': 'GitHub webhooks',
  'github-api': 'GitHub API',
  'github-assignment': 'GitHub assignment',
  bellows: 'Bellows',
  host: 'Host',
  network: 'Network',
  fleet: 'Fleet size',
  workflow: 'Workflow',
};

export const ownerClass = (owner: string): string => {
  const colour = colours.find((one) => one === owner.split('-')[0]);
  return colour === undefined ? '' : `owner-${colour}`;
};

/** @param children what stands beside the colour when it is not the owner's name, which is then said all the same. */
export function OwnerMark({ owner, children }: { owner: string; children?: ReactNode }) {
  const name = ownerNames[owner] ?? owner;
  return (
    <span className={`owner-mark ${ownerClass(owner)}`} title={name}>
      {children ?? name}
      {children !== undefined && <span className="unseen"> ({name})</span>}
    </span>
  );
}
