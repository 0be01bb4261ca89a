// What an incident or a figure is about: everything, a host, a label set or a repository.

import { Link } from 'wouter';
import { useAnswer } from '../api/use-answer.ts';
import { isFor } from './incident-words.ts';

export function SubjectLink({ subject, name }: { subject: string; name: string }) {
  const host = isFor(subject, 'host');
  if (host !== undefined) return <Link href={`/hosts/${encodeURIComponent(host)}`}>{name}</Link>;
  const text = isFor(subject, 'repository') ?? isFor(subject, 'labels');
  if (text === undefined) return <>{name}</>;
  return <Link href={`/queue?state=all&text=${encodeURIComponent(text.split(',')[0] ?? text)}`}>{name}</Link>;
}

/** By its name, of which VMs hold only the id. */
export function HostLink({ id }: { id: string }) {
  const hosts = useAnswer('listHosts', {}, { everyMs: 60_000 });
  return (
    <SubjectLink subject={`host:${id}`} name={hosts.data?.hosts.find((host) => host.id === id)?.name ?? id} />
  );
}
