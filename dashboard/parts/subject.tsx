// What an incident or a figure is about: everything, a host, a label set or a repository.

import { Link } from 'wouter';
import { useAnswer } from '../api/use-answer.ts';
import { isFor } from './incident-words.ts';

/** Hosts are known by their names, of which incidents hold only the ids. */
export function useSubjectNames(): (subject: string) => string {
  const hosts = useAnswer('listHosts', {}, { everyMs: 60_000 });
  return (subject) => {
    const host = isFor(subject, 'host');
    if (host !== undefined) return hosts.data?.hosts.find(({ id }) => id === host)?.name ?? host;
    return isFor(subject, 'labels') ?? isFor(subject, 'repository') ?? 'everything';
  };
}

export function SubjectLink({ subject, name }: { subject: string; name: string }) {
  const host = isFor(subject, 'host');
  if (host !== undefined) return <Link href={`/hosts/${encodeURIComponent(host)}`}>{name}</Link>;
  const text = isFor(subject, 'repository') ?? isFor(subject, 'labels');
  if (text === undefined) return <>{name}</>;
  return <Link href={`/queue?state=all&text=${encodeURIComponent(text.split(',')[0] ?? text)}`}>{name}</Link>;
}

export function HostLink({ id }: { id: string }) {
  const nameOf = useSubjectNames();
  return <SubjectLink subject={`host:${id}`} name={nameOf(`host:${id}`)} />;
}
