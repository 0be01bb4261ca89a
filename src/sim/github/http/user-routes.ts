// What a user's token shows of the user.

import { membershipsShown, teamsShown } from '../members.ts';
import { renderOwnUser } from '../render/account.ts';
import { renderMembership, renderTeam } from '../render/membership.ts';
import type { Account } from '../state.ts';
import type { World } from '../world.ts';
import { ok, page, type RestCall, type RestRoute } from './rest.ts';
import type { Shell } from './shell.ts';

export function userRoutes({ world }: Shell): RestRoute[] {
  const members = { auth: 'user', permission: ['members', 'read'] } as const;
  const userOf = ({ user }: RestCall): Account => {
    if (user === undefined) throw new Error('bug: a call of nobody');
    return user;
  };
  return [
    {
      method: 'GET',
      path: '/user',
      auth: 'user',
      handle: (call) => ok(renderOwnUser(userOf(call), ownCounts(world, userOf(call)), world.urls)),
    },
    {
      method: 'GET',
      path: '/user/memberships/orgs',
      ...members,
      handle: (call) => {
        const all = membershipsShown(world, userOf(call)).filter(
          ({ state }) => call.query.state === undefined || call.query.state === state,
        );
        const { items, headers } = page(call, '/user/memberships/orgs', all);
        const shown = items.map((one) => renderMembership(one, world.urls));
        return ok(shown, headers);
      },
    },
    {
      method: 'GET',
      path: '/user/teams',
      ...members,
      handle: (call) => {
        const { items, headers } = page(call, '/user/teams', teamsShown(world, userOf(call)));
        const shown = items.map((team) => renderTeam(team, ownCounts(world, team.organization), world.urls));
        return ok(shown, headers);
      },
    },
  ];
}

function ownCounts({ state }: World, user: Account): { public: number; private: number } {
  const own = [...state.repositories.values()].filter(({ owner }) => owner === user);
  const hidden = own.filter((it) => it.private).length;
  return { public: own.length - hidden, private: hidden };
}
