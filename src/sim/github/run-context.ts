// The `github` context of a run's jobs.

import { fullNameOf } from './accounts.ts';
import type { Run } from './state.ts';
import type { Urls } from './world.ts';

/** @param jobKey the job's key in its workflow, which is `github.job` */
export function githubContext(run: Run, jobKey: string, urls: Urls): Record<string, unknown> {
  const { repository } = run;
  const branch = run.ref.replace(/^refs\/(heads|tags)\//, '');
  return {
    ref: run.ref,
    ref_name: branch,
    ref_type: run.ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: false,
    sha: run.headSha,
    repository: fullNameOf(repository),
    repository_id: String(repository.id),
    repository_owner: repository.owner.login,
    repository_owner_id: String(repository.owner.id),
    repositoryUrl: `git://${fullNameOf(repository)}.git`,
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: String(run.attempt),
    actor: run.sender,
    triggering_actor: run.sender,
    workflow: run.workflowName,
    workflow_ref: `${fullNameOf(repository)}/${run.path}@${run.ref}`,
    workflow_sha: run.headSha,
    head_ref: '',
    base_ref: '',
    event_name: run.event,
    server_url: urls.html,
    api_url: urls.api,
    graphql_url: `${urls.api}/graphql`,
    job: jobKey,
    event: {
      ref: run.ref,
      after: run.headSha,
      repository: { id: repository.id, name: repository.name, full_name: fullNameOf(repository) },
      sender: { login: run.sender },
    },
  };
}
