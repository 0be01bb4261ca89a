// Who belongs to which organisation and team.

import { accountOf } from './accounts.ts';
import type { Account, Membership, Team } from './state.ts';
import type { World } from './world.ts';

/** Makes somebody a member, or changes what they are there; `undefined` as state takes them out, out of its teams too. */
export function setMembership(
  world: World,
  { organization, user }: { organization: string; user: string },
  state: Membership['state'] | undefined,
): void {
  const [where, who] = [accountOf(world, organization), accountOf(world, user)];
  const { memberships, teams } = world.state;
  const others = memberships.filter((one) => one.organization !== where || one.user !== who);
  memberships.splice(0, memberships.length, ...others);
  if (state !== undefined) memberships.push({ organization: where, user: who, state, role: 'member' });
  else for (const team of teams) if (team.organization === where) team.members.delete(who);
}

export function createTeam(
  world: World,
  { organization, slug, members }: { organization: string; slug: string; members: readonly string[] },
): Team {
  const team: Team = {
    id: world.ids.next('team'),
    organization: accountOf(world, organization),
    slug,
    name: slug,
    members: new Set(members.map((login) => accountOf(world, login))),
  };
  world.state.teams.push(team);
  return team;
}

/** A user's token of the App shows those organisations only on which the App is installed. */
export function membershipsShown({ state, beliefs }: World, user: Account): readonly Membership[] {
  const isInstalled = ({ organization }: Membership): boolean =>
    [...state.installations.values()].some(
      ({ account, suspended }) => account === organization && !suspended,
    );
  return state.memberships.filter(
    (one) => one.user === user && (!beliefs.userTokenSeesInstalledOnly || isInstalled(one)),
  );
}

export function teamsShown(world: World, user: Account): readonly Team[] {
  const shown = new Set(
    membershipsShown(world, user)
      .filter(({ state }) => state === 'active')
      .map(({ organization }) => organization),
  );
  return world.state.teams.filter(
    ({ organization, members }) => members.has(user) && shown.has(organization),
  );
}
