// Accounts and their repositories, for whoever asks: an installation, or a person with a personal access token.

import { type Answer, answer, notFound } from '../answer.ts';
import { renderFullOrganization, renderFullUser } from '../render/account.ts';
import { renderMinimalRepository, renderRepository } from '../render/repository.ts';
import type { Account, Repository } from '../state.ts';
import { belongsTo } from './personal-tokens.ts';
import { mayRead, ok, page, type RestCall, type RestReply, type RestRoute } from './rest.ts';

export const accountRoutes: readonly RestRoute[] = [
  { method: 'GET', path: '/users/:username', auth: 'reader', handle: showAccount },
  { method: 'GET', path: '/orgs/:org', auth: 'reader', handle: showOrganization },
  { method: 'GET', path: '/orgs/:org/repos', auth: 'reader', handle: listRepositories },
  { method: 'GET', path: '/users/:username/repos', auth: 'reader', handle: listRepositories },
  { method: 'GET', path: '/user/repos', auth: 'reader', handle: listOwn },
];

function showAccount(call: RestCall): Answer<RestReply> {
  const { world } = call;
  const account = accountIn(call);
  return account === undefined ? notFound : ok(renderFullUser(account, countsOf(call, account), world.urls));
}

/** What an organisation has of private repositories its members are told. */
function showOrganization(call: RestCall): Answer<RestReply> {
  const { world, person } = call;
  const account = accountIn(call);
  if (account?.kind !== 'Organization') return notFound;
  const isMember = person !== undefined && belongsTo(world, person.user, account);
  return ok(renderFullOrganization(account, countsOf(call, account), isMember, world.urls));
}

function listRepositories(call: RestCall): Answer<RestReply> {
  const { world, params } = call;
  const account = accountIn(call);
  if (account === undefined || (params.org !== undefined && account.kind !== 'Organization')) return notFound;
  // Only by the list of one's own does one see one's private repositories.
  const isShown = (it: Repository): boolean =>
    mayRead(call, it) && (account.kind === 'Organization' || !it.private);
  const path = params.org === undefined ? `/users/${account.login}/repos` : `/orgs/${account.login}/repos`;
  const { items, headers } = page(call, path, repositoriesOf(call, account).filter(isShown));
  return ok(
    items.map((it) => renderMinimalRepository(it, world.urls)),
    headers,
  );
}

function listOwn(call: RestCall): Answer<RestReply> {
  const { world, person } = call;
  if (person === undefined) return answer(forIntegrations);
  const own = repositoriesOf(call, person.user).filter((it) => mayRead(call, it));
  const { items, headers } = page(call, '/user/repos', own);
  return ok(
    items.map((it) => renderRepository(it, world.urls)),
    headers,
  );
}

const forIntegrations: RestReply = {
  status: 403,
  body: {
    message: 'Resource not accessible by integration',
    documentation_url: 'https://docs.github.com/rest',
    status: '403',
  },
};

const accountIn = ({ world, params }: RestCall): Account | undefined =>
  world.state.accounts.get((params.org ?? params.username ?? '').toLowerCase());

const repositoriesOf = ({ world }: RestCall, account: Account): Repository[] =>
  [...world.state.repositories.values()].filter(({ owner }) => owner === account);

function countsOf(call: RestCall, account: Account): { public: number; private: number } {
  const all = repositoriesOf(call, account);
  const hidden = all.filter((it) => it.private).length;
  return { public: all.length - hidden, private: hidden };
}
