// Organisations, users, repositories, installations and runner groups.

import { installationId, type RepositoryId, repositoryId } from '../../domain/ids.ts';
import type { Account, Installation, Repository, RunnerGroup } from './state.ts';
import type { World } from './world.ts';

export const defaultGroupId = 1;
/** GitHub-hosted runners; nobody may register there. */
export const hostedGroupId = 2;

export function createAccount(world: World, login: string, kind: Account['kind']): Account {
  const key = login.toLowerCase();
  if (world.state.accounts.has(key)) throw new Error(`bug: the account ${login} exists`);
  const account: Account = { id: world.ids.next('account'), login, kind };
  world.state.accounts.set(key, account);
  if (kind === 'Organization') {
    world.state.groups.push(
      {
        id: defaultGroupId,
        owner: account,
        name: 'Default',
        repositories: 'all',
        allowsPublicRepositories: false,
      },
      {
        id: hostedGroupId,
        owner: account,
        name: 'GitHub Actions',
        repositories: 'all',
        allowsPublicRepositories: true,
      },
    );
  }
  return account;
}

export function accountOf(world: World, login: string): Account {
  const account = world.state.accounts.get(login.toLowerCase());
  if (!account) throw new Error(`bug: no account ${login}`);
  return account;
}

/** @param options.repositories names of the repositories that the installation sees; all when left out */
export function installApp(
  world: World,
  login: string,
  options: { repositories?: readonly string[] },
): Installation {
  const account = accountOf(world, login);
  const selected = options.repositories?.map((name) => repositoryOf(world, `${login}/${name}`).id);
  const installation: Installation = {
    id: installationId(world.ids.next('installation')),
    account,
    repositories: selected ? new Set(selected) : 'all',
    createdAt: world.clock.now(),
    suspended: false,
  };
  world.state.installations.set(installation.id, installation);
  return installation;
}

export interface NewRepository {
  owner: string;
  name: string;
  private?: boolean;
  fork?: boolean;
  protectedEnvironments?: readonly string[];
}

export function createRepository(world: World, options: NewRepository): Repository {
  const owner = accountOf(world, options.owner);
  const repository: Repository = {
    id: repositoryId(world.ids.next('repository')),
    owner,
    name: options.name,
    private: options.private ?? true,
    fork: options.fork ?? false,
    defaultBranch: 'main',
    createdAt: world.clock.now(),
    protectedEnvironments: new Set(options.protectedEnvironments),
    runs: 0,
    openRuns: new Set(),
  };
  world.state.repositories.set(repository.id, repository);
  world.state.repositoriesByName.set(fullNameOf(repository).toLowerCase(), repository);
  return repository;
}

/** By `owner/name`, whatever the case. */
export function findRepository(world: World, fullName: string): Repository | undefined {
  return world.state.repositoriesByName.get(fullName.toLowerCase());
}

export function repositoryOf(world: World, fullName: string): Repository {
  const repository = findRepository(world, fullName);
  if (!repository) throw new Error(`bug: no repository ${fullName}`);
  return repository;
}

export const fullNameOf = (repository: Repository): string => `${repository.owner.login}/${repository.name}`;

/** @param options.repositories names of the repositories that may use the group; all when left out */
export function createRunnerGroup(
  world: World,
  login: string,
  options: { name: string; repositories?: readonly string[]; allowsPublicRepositories?: boolean },
): RunnerGroup {
  const selected = options.repositories?.map((name) => repositoryOf(world, `${login}/${name}`).id);
  const group: RunnerGroup = {
    id: world.ids.next('group'),
    owner: accountOf(world, login),
    name: options.name,
    repositories: selected ? new Set(selected) : 'all',
    allowsPublicRepositories: options.allowsPublicRepositories ?? false,
  };
  world.state.groups.push(group);
  return group;
}

/**
 * The groups of an organisation; with `visibleTo` (`owner/name`) those that are for this repository. Whether GitHub leaves out
 * those that take no public repositories is not known, so that is told by the group itself.
 */
export function groupsOf(world: World, owner: Account, visibleTo?: string): readonly RunnerGroup[] {
  const own = world.state.groups.filter((group) => group.owner === owner);
  if (visibleTo === undefined) return own;
  const repository = findRepository(world, visibleTo);
  return own.filter((group) => repository !== undefined && sees(group.repositories, repository.id));
}

/** The App's installation that sees this repository. */
export function installationFor(world: World, repository: Repository): Installation | undefined {
  for (const it of world.state.installations.values()) {
    if (it.account === repository.owner && !it.suspended && sees(it.repositories, repository.id)) return it;
  }
  return undefined;
}

export function repositoriesOf(world: World, installation: Installation): Repository[] {
  return [...world.state.repositories.values()].filter(
    (it) => it.owner === installation.account && sees(installation.repositories, it.id),
  );
}

/** Whether jobs of the repository may use runners of the group (GitHub docs, managing access to runner groups). */
export const mayUseGroup = (group: RunnerGroup, repository: Repository): boolean =>
  group.owner === repository.owner &&
  sees(group.repositories, repository.id) &&
  (repository.private || group.allowsPublicRepositories);

const sees = (selection: 'all' | ReadonlySet<RepositoryId>, id: RepositoryId): boolean =>
  selection === 'all' || selection.has(id);
