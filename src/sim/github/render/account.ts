// GitHub's "simple user", and the shorter organisation that webhooks carry.

import { nodeId } from '../identifiers.ts';
import type { Account } from '../state.ts';
import type { Urls } from '../world.ts';

export function renderUser(account: Account, urls: Urls): Record<string, unknown> {
  const api = `${urls.api}/users/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.kind === 'User' ? 'U' : 'O', account.id),
    avatar_url: `${urls.html}/avatars/u/${account.id}?v=4`,
    gravatar_id: '',
    url: api,
    html_url: `${urls.html}/${account.login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: account.kind,
    site_admin: false,
  };
}

export function renderOrganization(account: Account, urls: Urls): Record<string, unknown> {
  const api = `${urls.api}/orgs/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('O', account.id),
    url: api,
    repos_url: `${api}/repos`,
    events_url: `${api}/events`,
    hooks_url: `${api}/hooks`,
    issues_url: `${api}/issues`,
    members_url: `${api}/members{/member}`,
    public_members_url: `${api}/public_members{/member}`,
    avatar_url: `${urls.html}/avatars/u/${account.id}?v=4`,
    description: '',
  };
}

export interface RepositoryCounts {
  public: number;
  private: number;
}

const never = '2020-01-01T00:00:00Z';

/** "Public user": organisations are shown so too. */
export const renderFullUser = (account: Account, counts: RepositoryCounts, urls: Urls) => ({
  ...renderUser(account, urls),
  user_view_type: 'public',
  name: null,
  company: null,
  blog: '',
  location: null,
  email: null,
  hireable: null,
  bio: null,
  public_repos: counts.public,
  public_gists: 0,
  followers: 0,
  following: 0,
  created_at: never,
  updated_at: never,
});

/** "Private user": as users see themselves. */
export const renderOwnUser = (account: Account, counts: RepositoryCounts, urls: Urls) => ({
  ...renderFullUser(account, counts, urls),
  user_view_type: 'private',
  collaborators: 0,
  disk_usage: 0,
  owned_private_repos: counts.private,
  private_gists: 0,
  total_private_repos: counts.private,
  two_factor_authentication: true,
});

export const renderFullOrganization = (
  account: Account,
  counts: RepositoryCounts,
  isMember: boolean,
  urls: Urls,
) => ({
  ...renderOrganization(account, urls),
  html_url: `${urls.html}/${account.login}`,
  has_organization_projects: true,
  has_repository_projects: true,
  public_repos: counts.public,
  public_gists: 0,
  followers: 0,
  following: 0,
  type: 'Organization',
  created_at: never,
  updated_at: never,
  archived_at: null,
  ...(isMember && { total_private_repos: counts.private, owned_private_repos: counts.private }),
});
