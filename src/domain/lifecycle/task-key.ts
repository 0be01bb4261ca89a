import type { HostId, JobId, VmId } from '../ids.ts';
import { scopeKey } from '../scope.ts';
import type { Deadline, Effect } from './effects.ts';

/** One text for one effect or deadline: two with the same key ask for the same thing, and one of them is enough. */
export function taskKey(what: Effect | Deadline): string {
  return [what.kind, ...subject(what)].join(' ');
}

function subject(what: Effect | Deadline): readonly (string | number | boolean)[] {
  switch (what.kind) {
    case 'register-runner':
    case 'delete-runner':
    case 'ask-worker':
    case 'vm-deadline':
      return [what.vm];
    case 'forget-runner':
      return [what.vm, what.scope.installationId, scopeKey(what.scope), what.runnerName];
    case 'read-job':
    case 'read-log':
    case 'job-deadline':
      return [what.job];
    case 'bind-job':
      return [what.job, what.completed, what.scope.installationId, scopeKey(what.scope), what.runnerName];
    case 'balance':
      return [what.scope, what.labels];
    case 'tell-wait':
      return [what.run, what.labels];
    case 'place':
      return [];
    case 'push-host':
      return [what.host];
    case 'repair':
      return [what.loop];
  }
}

/** The job, VM or host that it is about, under the names that every log line uses for them. */
export const idsOf = (what: Effect | Deadline): { job?: JobId; vm?: VmId; host?: HostId } => ({
  ...('job' in what && { job: what.job }),
  ...('vm' in what && { vm: what.vm }),
  ...('host' in what && { host: what.host }),
});
