import { fullNameOf } from '../accounts.ts';
import { nodeId } from '../identifiers.ts';
import type { CheckRun } from '../state.ts';
import type { World } from '../world.ts';
import { second } from './job.ts';

export function renderCheckRun(world: World, it: CheckRun): Record<string, unknown> {
  const fullName = fullNameOf(it.repository);
  const url = `${world.urls.api}/repos/${fullName}/check-runs/${it.id}`;
  return {
    id: it.id,
    node_id: nodeId('CR', it.id),
    head_sha: it.headSha,
    external_id: it.externalId,
    url,
    html_url: `${world.urls.html}/${fullName}/runs/${it.id}`,
    details_url: `${world.urls.html}/${fullName}/runs/${it.id}`,
    status: it.status,
    conclusion: it.conclusion ?? null,
    started_at: second(it.startedAt),
    completed_at: it.completedAt === undefined ? null : second(it.completedAt),
    name: it.name,
    output: {
      title: it.title,
      summary: it.summary,
      text: null,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: it.id },
    app: null,
    pull_requests: [],
  };
}
