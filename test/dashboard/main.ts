// `npm run e2e -- dashboard`: the running product in a real browser. Each page's main task is done by keyboard alone, axe
// judges the page in both themes, wide and on a phone, and a picture of each variant is left for people to look at.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { root } from '../support/source-tree.ts';
import { noBrowser, startBrowser } from './browser.ts';
import { buildForBrowser } from './built.ts';
import { measureCrowd } from './crowd.ts';
import { patienceMs } from './keyboard.ts';
import { type Fault, lookAt } from './looks.ts';
import { measurePaint } from './paint.ts';
import { furnishPast } from './past.ts';
import { signInAtGithub } from './sign-in-at-github.ts';
import { fillStage, type Stage, setStage } from './stage.ts';
import { signIn, tasks } from './tasks.ts';

interface Outcome extends Readonly<Record<string, unknown>> {
  ok: boolean;
}

export async function run(say: (line: string) => void): Promise<Outcome> {
  const missing = noBrowser();
  if (missing !== undefined) return { ok: false, error: missing };
  await buildForBrowser();
  const folder = join(root, 'screenshots');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const stage = await setStage();
  try {
    await fillStage(stage);
    await furnishPast(stage.backstage.server);
    const browser = await startBrowser();
    try {
      const outcome = await visitAll({ browser, stage, folder, say });
      const paint = await measurePaint(browser, stage);
      say(
        `the queue with ${paint.rows} jobs: ${Math.round(paint.fullMs)} ms, without any: ${Math.round(paint.emptyMs)} ms`,
      );
      const crowd = await measureCrowd(browser, stage);
      say(`with ${crowd.jobs} jobs: ${JSON.stringify(crowd)}`);
      const isFast =
        paint.ratio <= mostPaintRatio &&
        Math.max(crowd.queueMs, crowd.todayMs) <= mostPaintRatio * crowd.emptyMs;
      return { ...outcome, ok: outcome.ok && isFast, paintRatio: paint.ratio, crowd };
    } finally {
      await browser.close();
    }
  } finally {
    await stage.stop();
  }
}

/** How much longer a page may take with all its jobs than the queue with none. */
const mostPaintRatio = 1.5;

interface Visit {
  browser: Browser;
  stage: Stage;
  folder: string;
  say: (line: string) => void;
}

async function visitAll({ browser, stage, folder, say }: Visit): Promise<Outcome> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, colorScheme: 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const faults: Fault[] = [];
  page.on('pageerror', (error) => faults.push({ page: page.url(), what: error.message }));
  let axeSerious = 0;
  const passed: string[] = [];
  const judge = async (shown: Page, name: string): Promise<void> => {
    const { axe, other } = await lookAt(shown, name, folder);
    axeSerious += axe.length;
    faults.push(...axe, ...other);
  };
  await page.goto(stage.url);
  await page.getByLabel('Admin token').waitFor();
  await judge(page, signIn.name);
  for (const task of [signIn, ...tasks]) {
    const fault = await attemptThat(task.name, () => task.run(page, stage));
    say(`${fault === undefined ? 'ok    ' : 'FAILED'} ${task.name}: ${task.does}`);
    if (fault === undefined) passed.push(task.name);
    else faults.push(fault);
    if (task !== signIn) await judge(page, task.name);
  }
  const atGithub = await attemptThat('sign-in-at-github', () =>
    signInAtGithub(browser, stage, (shown) => judge(shown, 'sign-in-at-github')),
  );
  say(`${atGithub === undefined ? 'ok    ' : 'FAILED'} sign-in-at-github: two people see what is theirs`);
  if (atGithub === undefined) passed.push('sign-in-at-github');
  else faults.push(atGithub);
  for (const { page: where, what } of faults) say(`${where}: ${what}`);
  const pages = tasks.length + 2;
  const ok = faults.length === 0 && passed.length === pages;
  return { ok, pages, passed: passed.length, axeSerious, faults, screenshots: folder };
}

async function attemptThat(name: string, task: () => Promise<void>): Promise<Fault | undefined> {
  try {
    await task();
    return undefined;
  } catch (error) {
    return { page: name, what: error instanceof Error ? error.message : String(error) };
  }
}
