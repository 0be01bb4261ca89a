// Signing in with GitHub in the browser, against the simulator's pages: the button, GitHub's question, back with a cookie, only
// one's own work to be seen, and out again.

import type { Browser, Page } from 'playwright-core';
import { acme, aJob, organization } from '../../src/domain/domain.fixture.ts';
import { jobId, repositoryId } from '../../src/domain/ids.ts';
import { patienceMs, see, tabAndPress } from './keyboard.ts';
import type { Stage } from './stage.ts';

/** A second organisation with its job, and a member of each. */
async function invite({ backstage }: Stage): Promise<void> {
  const { github, server } = backstage;
  github.createOrganization('globex');
  github.installApp('globex');
  for (const user of ['ada', 'bob']) github.createUser(user);
  github.setMembership({ organization: 'acme', user: 'ada' }, 'active');
  github.setMembership({ organization: 'globex', user: 'bob' }, 'active');
  const now = server.clock.now();
  await server.store.transaction(async (tx) => {
    for (const [id, scope, owner] of [
      [890_001, acme, 'acme'],
      [890_002, organization('Globex'), 'globex'],
    ] as const) {
      const base = aJob();
      await tx.jobs.insert({
        ...base,
        ...{
          id: jobId(id),
          scope,
          name: `secret of ${owner}`,
          state: 'waiting',
          firstSeenAt: now,
          since: now,
        },
        repository: { ...base.repository, id: repositoryId(id), fullName: `${owner}/vault` },
      });
    }
  });
}

/** @throws when somebody cannot sign in, sees what is not theirs, or is still in after signing out. */
export async function signInAtGithub(
  browser: Browser,
  stage: Stage,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  await invite(stage);
  for (const [login, own, other] of [
    ['ada', 'acme', 'globex'],
    ['bob', 'globex', 'acme'],
  ] as const) {
    const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(patienceMs);
      await page.goto(`${stage.url}/queue`);
      if (login === 'ada') await look(page);
      await tabAndPress(page, page.getByRole('link', { name: 'Sign in with GitHub' }));
      await tabAndPress(page, page.getByRole('button', { name: `As ${login}`, exact: true }));
      await see(page.getByRole('heading', { level: 1, name: 'Queue' }));
      await see(page.getByRole('link', { name: `secret of ${own}` }));
      if ((await page.getByText(`secret of ${other}`).count()) > 0)
        throw new Error(`${login} sees the work of ${other}`);
      await tabAndPress(page, page.getByRole('button', { name: 'Sign out' }));
      await see(page.getByRole('link', { name: 'Sign in with GitHub' }));
      await page.reload();
      await see(page.getByRole('link', { name: 'Sign in with GitHub' }));
    } finally {
      await context.close();
    }
  }
}
