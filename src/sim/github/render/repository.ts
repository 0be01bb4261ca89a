// A repository as REST lists and webhooks show it; the webhook's has a few keys more.

import { toIso } from '../../../domain/time.ts';
import { fullNameOf } from '../accounts.ts';
import { nodeId } from '../identifiers.ts';
import type { Repository } from '../state.ts';
import type { Urls } from '../world.ts';
import { renderUser } from './account.ts';

/** Links below a repository, by the name of their key without `_url`. */
const links = {
  forks: '/forks',
  keys: '/keys{/key_id}',
  collaborators: '/collaborators{/collaborator}',
  teams: '/teams',
  hooks: '/hooks',
  issue_events: '/issues/events{/number}',
  events: '/events',
  assignees: '/assignees{/user}',
  branches: '/branches{/branch}',
  tags: '/tags',
  blobs: '/git/blobs{/sha}',
  git_tags: '/git/tags{/sha}',
  git_refs: '/git/refs{/sha}',
  trees: '/git/trees{/sha}',
  statuses: '/statuses/{sha}',
  languages: '/languages',
  stargazers: '/stargazers',
  contributors: '/contributors',
  subscribers: '/subscribers',
  subscription: '/subscription',
  commits: '/commits{/sha}',
  git_commits: '/git/commits{/sha}',
  comments: '/comments{/number}',
  issue_comment: '/issues/comments{/number}',
  contents: '/contents/{+path}',
  compare: '/compare/{base}...{head}',
  merges: '/merges',
  archive: '/{archive_format}{/ref}',
  downloads: '/downloads',
  issues: '/issues{/number}',
  pulls: '/pulls{/number}',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  labels: '/labels{/name}',
  releases: '/releases{/id}',
  deployments: '/deployments',
};

/** The part that every view of a repository has: "minimal repository". */
export function renderMinimalRepository(repository: Repository, urls: Urls): Record<string, unknown> {
  const fullName = fullNameOf(repository);
  const api = `${urls.api}/repos/${fullName}`;
  const under = Object.entries(links).map(([key, path]) => [`${key}_url`, `${api}${path}`]);
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: fullName,
    private: repository.private,
    owner: renderUser(repository.owner, urls),
    html_url: `${urls.html}/${fullName}`,
    description: null,
    fork: repository.fork,
    url: api,
    ...Object.fromEntries(under),
  };
}

export function renderRepository(repository: Repository, urls: Urls): Record<string, unknown> {
  const fullName = fullNameOf(repository);
  const createdAt = toIso(repository.createdAt);
  const host = urls.html.replace(/^https?:\/\//, '');
  return {
    ...renderMinimalRepository(repository, urls),
    created_at: createdAt,
    updated_at: createdAt,
    pushed_at: createdAt,
    git_url: `git://${host}/${fullName}.git`,
    ssh_url: `git@${host}:${fullName}.git`,
    clone_url: `${urls.html}/${fullName}.git`,
    svn_url: `${urls.html}/${fullName}`,
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: false,
    disabled: false,
    open_issues_count: 0,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repository.private ? 'private' : 'public',
    forks: 0,
    open_issues: 0,
    watchers: 0,
    default_branch: repository.defaultBranch,
  };
}
