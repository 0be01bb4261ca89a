// The main task of each page, by keyboard alone.

import type { Page } from 'playwright-core';
import { jumpTo, see, tabAndPress, tabTo } from './keyboard.ts';
import type { Stage } from './stage.ts';

export interface PageTask {
  readonly name: string;
  /** What is done; it ends on the page, which is then looked at. */
  readonly does: string;
  run(page: Page, stage: Stage): Promise<void>;
}

export const signIn: PageTask = {
  name: 'sign-in',
  does: 'signs in by the admin token',
  async run(page, { url, adminToken }) {
    await page.goto(url);
    await tabTo(page, page.getByLabel('Admin token'));
    await page.keyboard.type(adminToken);
    await page.keyboard.press('Enter');
    await see(page.getByRole('navigation', { name: 'Pages' }));
  },
};

/** Chooses by the arrow keys, as radio buttons are. */
async function choose(page: Page, from: string, to: string): Promise<void> {
  await tabTo(page, page.getByRole('radio', { name: from, exact: true }));
  const target = page.getByRole('radio', { name: to, exact: true });
  for (let press = 0; press < 10 && !(await target.isChecked()); press++) {
    await page.keyboard.press('ArrowRight');
  }
}

const openJob = async (page: Page, name: string): Promise<void> => {
  await jumpTo(page, 'q', 'Queue');
  await choose(page, 'Open', 'Done');
  await tabAndPress(page, page.getByRole('link', { name, exact: true }));
  await see(page.getByRole('heading', { level: 1, name }));
};

export const tasks: readonly PageTask[] = [
  {
    name: 'today',
    does: 'sees how today compares, and goes to what it consists of',
    async run(page) {
      await jumpTo(page, 't', 'Today');
      await see(page.getByText('Builds in the course of the day'));
      await tabAndPress(page, page.getByRole('table').getByRole('link', { name: 'acme' }));
      await see(page.getByRole('heading', { level: 1, name: 'Insights' }));
      await jumpTo(page, 't', 'Today');
      await tabAndPress(page, page.getByRole('link', { name: 'waiting at GitHub' }));
      await see(page.getByRole('heading', { level: 2, name: 'No job is held back at GitHub' }));
      await jumpTo(page, 't', 'Today');
      await see(page.getByRole('table').getByText('acme'));
    },
  },
  {
    name: 'insights',
    does: 'goes to the jobs of a repository, and looks at the users of the last 90 days, in builds',
    async run(page) {
      await jumpTo(page, 'i', 'Insights');
      await tabAndPress(page, page.getByRole('table').getByRole('link', { name: 'acme/warehouse' }));
      await see(page.getByRole('table').getByText('acme/warehouse').first());
      await see(page.locator('input[type=search]'));
      if ((await page.locator('input[type=search]').inputValue()) !== 'acme/warehouse') {
        throw new Error('the queue shows the jobs of every repository');
      }
      await jumpTo(page, 'i', 'Insights');
      await choose(page, 'Repositories', 'Users');
      await choose(page, '28', '90');
      await choose(page, 'Minutes', 'Builds');
      await see(page.getByRole('table').getByText('octocat'));
    },
  },
  {
    name: 'slower',
    does: 'looks further back for what became slower',
    async run(page) {
      await jumpTo(page, 's', 'Slower jobs');
      await choose(page, '28 days', '120');
      await see(page.getByRole('table').getByRole('link', { name: 'import (postgres, 15)' }));
    },
  },
  {
    name: 'slower-job',
    does: 'sees how long a job took each day, and what had changed when it became slower',
    async run(page) {
      await jumpTo(page, 's', 'Slower jobs');
      await tabAndPress(page, page.getByRole('table').getByRole('link', { name: 'integration' }));
      await see(page.getByRole('heading', { level: 1, name: 'integration' }));
      await see(page.locator('.plot canvas'));
      await see(page.getByRole('table').getByText('commit').first());
    },
  },
  {
    name: 'is-it-us',
    does: 'reads the answer for now, and what was with hosts in the last week',
    async run(page) {
      await jumpTo(page, 'w', 'Is it us?');
      await see(
        page.getByRole('status').getByText(/^Partly us, most of it GitHub: its API, .* Ours is host demo, /),
      );
      await page.keyboard.press('/');
      await page.keyboard.type('A host');
      await choose(page, '28', '7 days');
      await see(page.getByRole('table', { name: 'Incidents that are over' }).getByText('host-of-old'));
    },
  },
  {
    name: 'incident',
    does: 'opens an incident that goes on, and from it a job in which it was seen',
    async run(page) {
      await jumpTo(page, 'w', 'Is it us?');
      await tabAndPress(page, page.getByRole('link', { name: "GitHub's API is slow" }));
      await see(page.getByRole('heading', { level: 1, name: "GitHub's API is slow" }));
      const examples = page.getByRole('table', { name: 'Jobs in which it was seen' });
      await tabAndPress(page, examples.getByRole('link').first());
      await see(page.getByRole('heading', { level: 1, name: 'publish' }));
      await page.goBack();
      await see(page.getByRole('heading', { level: 1, name: "GitHub's API is slow" }));
    },
  },
  {
    name: 'failures',
    does: 'finds an incident of failures that is over, and by what jobs failed',
    async run(page) {
      await jumpTo(page, 'w', 'Is it us?');
      await page.keyboard.press('/');
      await page.keyboard.type('The network');
      const past = page.getByRole('table', { name: 'Incidents that are over' });
      await tabAndPress(page, past.getByRole('link', { name: 'The network fails' }));
      await see(page.getByRole('heading', { level: 1, name: 'The network fails' }));
      await see(page.getByText('Let the hosts use the registry mirror, or sign in to the registry.'));
      await see(page.getByText(/^by a registry that said 429 \(\d+\), a name that did not resolve \(\d+\)$/));
    },
  },
  {
    name: 'queue',
    does: 'reads the log of a job that runs, searches a repository, and finds why its job waits',
    async run(page) {
      await jumpTo(page, 'q', 'Queue');
      await tabAndPress(page, page.getByRole('link', { name: 'Log of end-to-end' }));
      await see(page.locator('pre.log').getByText('Running job: end-to-end'));
      await jumpTo(page, 'q', 'Queue');
      await page.keyboard.press('/');
      await page.keyboard.type('acme/demo');
      await see(page.getByText('no host has label gpu'));
      await tabTo(page, page.getByRole('table').getByRole('link').first());
      await page.keyboard.press('j');
      const second = page.locator('tr[data-index="1"]').getByRole('link').first();
      if (!(await second.evaluate((link) => link === link.ownerDocument.activeElement))) {
        throw new Error('j does not lead to the next row');
      }
    },
  },
  {
    name: 'job',
    does: 'opens the job that failed, sees where its time went, and reads its log',
    async run(page) {
      await openJob(page, 'fails-on-purpose');
      await see(page.getByRole('heading', { name: 'Where the time went' }));
      await tabAndPress(page, page.getByRole('button', { name: 'Show the log' }));
      await see(page.locator('pre.log'));
    },
  },
  {
    name: 'failed-job',
    does: 'sees why a job failed, what to do, what was tried before, and which size would do',
    async run(page) {
      await jumpTo(page, 'q', 'Queue');
      await choose(page, 'Open', 'Done');
      await page.keyboard.press('/');
      await page.keyboard.type('899001');
      await tabAndPress(page, page.locator('a[href="/jobs/899001"]'));
      await see(page.getByRole('heading', { level: 2, name: 'Why it failed: A name could not be resolved' }));
      await see(page.getByText("See whether the hosts' DNS server answers"));
      await see(page.getByText('the guest did not answer within 30 s'));
      await see(page.getByText('would do in place of'));
      await see(page.getByText('and leave 5 CPUs and 12 GiB of memory to others'));
      const vm = page.getByRole('region', { name: 'VM' });
      await see(vm.getByText('8 CPU, at most 1.6 used, 0.9 on average'));
      await see(vm.getByText('187.3 MB in, 2.9 MB out'));
      const measured = page.getByRole('region', { name: 'Which size would do' });
      await see(measured.getByText('At most 2.4 GiB of 16 GiB, 1.2 GiB on average'));
      await see(measured.getByText('212 MB in, 3.4 MB out in each run'));
    },
  },
  {
    name: 'hosts',
    does: 'drains a host and takes it back',
    async run(page) {
      await jumpTo(page, 'h', 'Hosts');
      await tabAndPress(page, page.getByRole('button', { name: 'Drain demo' }));
      await tabTo(page, page.getByLabel('Why'));
      await page.keyboard.type('a new disk');
      await page.keyboard.press('Enter');
      await see(page.getByText('Draining'));
      await tabAndPress(page, page.getByRole('button', { name: 'Resume demo' }));
      await tabAndPress(page, page.getByRole('dialog').getByRole('button', { name: 'Resume' }));
      await see(page.getByRole('button', { name: 'Drain demo' }));
    },
  },
  {
    name: 'host',
    does: 'opens a host and sees its VMs',
    async run(page) {
      await jumpTo(page, 'h', 'Hosts');
      await tabAndPress(page, page.getByRole('table').getByRole('link', { name: 'demo' }));
      await see(page.getByRole('heading', { level: 1, name: 'demo' }));
      await see(page.getByRole('table').getByText('Busy'));
    },
  },
  {
    name: 'repairs',
    does: 'sees the repairs of one kind, and lets every repair loop run now',
    async run(page) {
      await jumpTo(page, 'r', 'Repairs');
      await page.keyboard.press('/');
      await page.keyboard.type('Job found');
      await see(page.getByRole('table').getByText('no webhook told of it').first());
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Home');
      await see(page.getByRole('table').getByText('host-silent').first());
      await tabAndPress(page, page.getByRole('button', { name: 'Look for repairs now' }));
      await see(page.getByText(/Nothing to mend|Mended \d/));
    },
  },
  {
    name: 'set-up',
    does: 'makes the command that enrols a host, and checks the GitHub App',
    async run(page) {
      await jumpTo(page, 'u', 'Set up');
      await page.keyboard.press('/');
      await page.keyboard.type('rack-1');
      await page.keyboard.press('Enter');
      await see(page.getByText(/bellows agent install --server/));
      await tabAndPress(page, page.getByRole('button', { name: 'Check now' }));
      await see(page.getByText('Good'));
    },
  },
  {
    name: 'keys',
    does: 'lists the keys, and closes the list',
    async run(page) {
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await see(page.getByRole('dialog', { name: 'Keys' }));
    },
  },
];
