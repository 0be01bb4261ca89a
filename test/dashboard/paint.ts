// How long until the queue shows something: with 5,000 open jobs against the same page without any. Only the rows in sight are
// drawn and a page of them is fetched, so it should hardly matter how many there are.

import type { Browser } from 'playwright-core';
import { median } from '../../bench/median.ts';
import { aJob } from '../../src/domain/domain.fixture.ts';
import { jobId, runId } from '../../src/domain/ids.ts';
import { patienceMs } from './keyboard.ts';
import type { Stage } from './stage.ts';

const rows = 5_000;
const rounds = 7;
/** No job of the seeded ones, nor of any other, has it in its name. */
export const nothing = 'no-job-is-called-this';

/** The first of them. */
export const seededJob = 1_000_000;

export interface Paint {
  rows: number;
  emptyMs: number;
  fullMs: number;
  /** The goal is 1.5 at most. */
  ratio: number;
}

/** Adds the jobs to the stage's database, so that nothing else can be done on it afterwards. */
export async function measurePaint(browser: Browser, stage: Stage): Promise<Paint> {
  const { store, clock } = stage.backstage.server;
  const now = clock.now();
  for (let first = 0; first < rows; first += 500) {
    await store.transaction(async (tx) => {
      for (let n = first; n < Math.min(rows, first + 500); n++) {
        const job = aJob({ id: jobId(seededJob + n), runId: runId(5_000 + n), name: `seeded ${n}` });
        await tx.jobs.insert({ ...job, state: 'waiting', firstSeenAt: now, since: now });
      }
    });
  }
  const empty: number[] = [];
  const full: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const without = await paintMs(browser, stage, `/queue?text=${nothing}`, '.empty');
    const withAll = await paintMs(browser, stage, '/queue', 'tr[data-index]');
    // The first round warms the server up.
    if (round > 0) {
      empty.push(without);
      full.push(withAll);
    }
  }
  const [emptyMs, fullMs] = [median(empty), median(full)];
  return { rows, emptyMs, fullMs, ratio: Math.round((100 * fullMs) / emptyMs) / 100 };
}

/** From the navigation's start to the frame in which `selector` is there, by the page's own clock. */
export async function paintMs(browser: Browser, { url, adminToken }: Stage, path: string, selector: string) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  try {
    await context.addInitScript(`
      sessionStorage.setItem('bellows-token', ${JSON.stringify(adminToken)});
      new MutationObserver((_, observer) => {
        if (document.querySelector(${JSON.stringify(selector)}) === null) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.paintedAt = performance.now(); }));
      }).observe(document, { childList: true, subtree: true });`);
    const page = await context.newPage();
    await page.goto(`${url}${path}`);
    const painted = page.locator('html[data-painted-at]');
    await painted.waitFor({ state: 'attached', timeout: patienceMs });
    return Number(await painted.getAttribute('data-painted-at'));
  } finally {
    await context.close();
  }
}
