// Whose a phase, a delay or a failure is. The colour is the same everywhere, and never stands without the word.

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

export function OwnerMark({ owner }: { owner: string }) {
  return (
    <span className={`owner-mark ${ownerClass(owner)}`}>{isOwner(owner) ? ownerNames[owner] : owner}</span>
  );
}
