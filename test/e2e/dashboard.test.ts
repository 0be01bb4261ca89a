// The dashboard in a real browser, in short: it loads, lets one in, and does a page's task by keyboard. All of it is
// `npm run e2e -- dashboard`.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noBrowser, startBrowser } from '../dashboard/browser.ts';
import { buildForBrowser } from '../dashboard/built.ts';
import { jumpTo, patienceMs, see, tabAndPress, tabTo } from '../dashboard/keyboard.ts';
import { axeFaults } from '../dashboard/looks.ts';
import { type Stage, setStage } from '../dashboard/stage.ts';
import { signIn } from '../dashboard/tasks.ts';

const missing = noBrowser();

describe.skipIf(missing !== undefined)(`the dashboard in a browser${missing ? `: ${missing}` : ''}`, () => {
  let stage: Stage;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    await buildForBrowser();
    stage = await setStage();
    browser = await startBrowser();
    page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(patienceMs);
    page.on('pageerror', (error) => void errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && void errors.push(message.text()));
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.stop();
  });

  it('lets one in by the admin token, and says what to do when nothing is there yet', async () => {
    await signIn.run(page, stage);
    await see(page.getByRole('heading', { level: 2, name: 'No job has ended yet' }));
    await jumpTo(page, 'q', 'Queue');
    await see(page.getByRole('heading', { level: 2, name: 'Nothing runs or waits' }));
    expect(await axeFaults(page, 'queue')).toEqual([]);
  });

  it('makes the command that enrols a host, by keyboard alone', async () => {
    await jumpTo(page, 'u', 'Set up');
    await page.keyboard.press('/');
    await page.keyboard.type('rack-1');
    await page.keyboard.press('Enter');
    await see(page.getByText(/bellows agent install --server/));
  });

  it('shows the host that is there, and drains it only after a question', async () => {
    await jumpTo(page, 'h', 'Hosts');
    await tabAndPress(page, page.getByRole('button', { name: 'Drain demo' }));
    expect(await axeFaults(page, 'hosts')).toEqual([]);
    await tabTo(page, page.getByRole('dialog').getByRole('button', { name: 'Drain' }));
    await page.keyboard.press('Enter');
    await see(page.getByText('Draining'));
  });

  it('turns away a token that nobody gave out, and forgets it', async () => {
    await tabAndPress(page, page.getByRole('button', { name: 'Sign out' }));
    await tabTo(page, page.getByLabel('Admin token'));
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await see(page.getByText('does not know this sign-in'));
    // The browser itself tells of each answer of 401.
    expect(errors.filter((text) => !text.includes('401'))).toEqual([]);
  });
});
