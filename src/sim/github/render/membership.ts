// What somebody belongs to: organisations and teams.

import { nodeId } from '../identifiers.ts';
import type { Membership, Team } from '../state.ts';
import type { Urls } from '../world.ts';
import { type RepositoryCounts, renderFullOrganization, renderOrganization, renderUser } from './account.ts';

/** "Org Membership". */
export function renderMembership({ organization, user, state, role }: Membership, urls: Urls) {
  const url = `${urls.api}/orgs/${organization.login}`;
  return {
    url: `${url}/memberships/${user.login}`,
    organization_url: url,
    state,
    role,
    organization: renderOrganization(organization, urls),
    user: renderUser(user, urls),
  };
}

const never = '2020-01-01T00:00:00Z';

/** "Full Team". @param counts of its organisation: teams have no repositories of their own here. */
export function renderTeam(team: Team, counts: RepositoryCounts, urls: Urls) {
  const { id, slug, name, organization, members } = team;
  const url = `${urls.api}/organizations/${organization.id}/team/${id}`;
  return {
    id,
    node_id: nodeId('T', id),
    url,
    html_url: `${urls.html}/orgs/${organization.login}/teams/${slug}`,
    name,
    slug,
    description: null,
    privacy: 'closed',
    notification_setting: 'notifications_enabled',
    permission: 'pull',
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    type: 'organization',
    parent: null,
    members_count: members.size,
    repos_count: 0,
    created_at: never,
    updated_at: never,
    organization: renderFullOrganization(organization, counts, true, urls),
  };
}
