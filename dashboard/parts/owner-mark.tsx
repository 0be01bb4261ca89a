// Whose a phase, a delay or a failure is. The colour is the same everywhere, and never stands without the word.

import type { ReactNode } from 'react';

export const ownerNames = {
  github: 'GitHub',
  bellows: 'Bellows',
  host: 'Host',
  network: 'Network',
  fleet: 'Fleet size',
  workflow: 'Workflow',
} as const;

export type OwnerName = keyof typeof ownerNames;

const isOwner = (owner: string): owner is OwnerName => owner in ownerNames;

export const ownerClass = (owner: string): string => (isOwner(owner) ? `owner-${owner}` : '');

/** @param children what stands beside the colour when it is not the owner's name, which is then said all the same. */
export function OwnerMark({ owner, children }: { owner: string; children?: ReactNode }) {
  const name = isOwner(owner) ? ownerNames[owner] : owner;
  return (
    <span className={`owner-mark ${ownerClass(owner)}`} title={name}>
      {children ?? name}
      {children !== undefined && <span className="unseen"> ({name})</span>}
    </span>
  );
}
