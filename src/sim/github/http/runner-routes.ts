// Runners of an organisation or a repository, and runner groups.

import { runnerId } from '../../../domain/ids.ts';
import { groupsOf } from '../accounts.ts';
import { answer } from '../answer.ts';
import { encodeJitConfig } from '../jit-config.ts';
import { renderRunner, renderRunnerGroup } from '../render/runner.ts';
import { deleteRunner, findRunner, registerRunner, runnersShown } from '../runners.ts';
import { ok, organizationOf, page, type RestRoute, runnerOwnerOf } from './rest.ts';
import { rsaJwkOf, type Shell } from './shell.ts';

export function runnerRoutes(shell: Shell): RestRoute[] {
  return [
    ...ownerRoutes(shell, '/orgs/:org/actions', 'organization_self_hosted_runners'),
    ...ownerRoutes(shell, '/repos/:owner/:repo/actions', 'administration'),
    {
      method: 'GET',
      path: '/orgs/:org/actions/runner-groups',
      auth: 'installation',
      permission: ['organization_self_hosted_runners', 'read'],
      handle: (call) => {
        const account = organizationOf(call);
        if (!account.ok) return account;
        const { login } = account.value;
        const { visible_to_repository: name } = call.query;
        const all = groupsOf(call.world, account.value, name === undefined ? undefined : `${login}/${name}`);
        const path = `/orgs/${login}/actions/runner-groups`;
        const { items, headers } = page(call, path, all);
        const groups = items.map((group) => renderRunnerGroup(call.world, group));
        return ok({ total_count: all.length, runner_groups: groups }, headers);
      },
    },
  ];
}

function ownerRoutes(shell: Shell, base: string, permission: string): RestRoute[] {
  const { world } = shell;
  const write = { auth: 'installation', permission: [permission, 'write'] } as const;
  const read = { auth: 'installation', permission: [permission, 'read'] } as const;
  return [
    {
      method: 'POST',
      path: `${base}/runners/generate-jitconfig`,
      ...write,
      handle: (call) => {
        const owner = runnerOwnerOf(call);
        if (!owner.ok) return owner;
        const made = registerRunner(world, owner.value, call.body);
        if (!made.ok) return made;
        const body = {
          runner: renderRunner(world, made.value),
          encoded_jit_config: encodeJitConfig(world, made.value, rsaJwkOf(shell.runnerKey)),
        };
        return answer({ status: 201, body });
      },
    },
    {
      method: 'GET',
      path: `${base}/runners`,
      ...read,
      handle: (call) => {
        const owner = runnerOwnerOf(call);
        if (!owner.ok) return owner;
        const { name } = call.query;
        const all = runnersShown(world, owner.value).filter((it) => name === undefined || it.name === name);
        const path = base.replace(/:(\w+)/g, (_, key: string) => call.params[key] ?? '');
        const { items, headers } = page(call, `${path}/runners`, all);
        return ok({ total_count: all.length, runners: items.map((it) => renderRunner(world, it)) }, headers);
      },
    },
    {
      method: 'GET',
      path: `${base}/runners/:id`,
      ...read,
      handle: (call) => {
        const owner = runnerOwnerOf(call);
        if (!owner.ok) return owner;
        const found = findRunner(world, owner.value, runnerId(Number(call.params.id)));
        return found.ok ? ok(renderRunner(world, found.value)) : found;
      },
    },
    {
      method: 'DELETE',
      path: `${base}/runners/:id`,
      ...write,
      handle: (call) => {
        const owner = runnerOwnerOf(call);
        if (!owner.ok) return owner;
        const deleted = deleteRunner(world, owner.value, runnerId(Number(call.params.id)));
        return deleted.ok ? answer({ status: 204 }) : deleted;
      },
    },
  ];
}
