// The dashboard with 100,000 jobs in the database: how soon Queue and Today show, how scrolling through thousands of rows goes,
// and how soon a search finds the one job that it is for.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Browser, Page } from 'playwright-core';
import { median } from '../../bench/median.ts';
import { role } from '../../src/adapters/embedded-postgres/data-folder.ts';
import { patienceMs } from './keyboard.ts';
import { nothing, paintMs, seededJob } from './paint.ts';
import type { Stage } from './stage.ts';

const jobs = 100_000;
/** Those of the table of Queue that are scrolled through, 200 to a page. */
const scrolledPages = 40;
const rounds = 3;

export interface Crowd {
  jobs: number;
  /** Until the page shows something, and the queue without any job. */
  queueMs: number;
  todayMs: number;
  emptyMs: number;
  /** From the end of the rows that are there until more are, the middle and the longest. */
  moreRowsMs: number;
  slowestRowsMs: number;
  scrolledRows: number;
  /** Rows in the page at most, and the longest that it showed nothing new meanwhile. */
  drawnRows: number;
  longestFrameMs: number;
  /** From the last key to the only row, with the quarter of a second in which one may go on typing. */
  searchMs: number;
}

/** The jobs of `measurePaint` must be there. */
export async function measureCrowd(browser: Browser, stage: Stage): Promise<Crowd> {
  const oldest = await fill(stage);
  const times = { queue: [] as number[], today: [] as number[], empty: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const queue = await paintMs(browser, stage, '/queue?state=all', 'tr[data-index]');
    const today = await paintMs(browser, stage, '/', '.figures');
    const empty = await paintMs(browser, stage, `/queue?text=${nothing}`, '.empty');
    // The first round warms the server up.
    if (round === 0) continue;
    times.queue.push(queue);
    times.today.push(today);
    times.empty.push(empty);
  }
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  try {
    await context.addInitScript(
      `sessionStorage.setItem('bellows-token', ${JSON.stringify(stage.adminToken)});`,
    );
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    const scrolled = await scrollThrough(page, stage.url);
    return {
      jobs,
      queueMs: Math.round(median(times.queue)),
      todayMs: Math.round(median(times.today)),
      emptyMs: Math.round(median(times.empty)),
      ...scrolled,
      searchMs: await searchFor(page, stage.url, oldest),
    };
  } finally {
    await context.close();
  }
}

/** Copies of one seeded job, by the database itself; half are over, and counted as today's and yesterday's. Gives the
 * name of the oldest. */
async function fill({ backstage }: Stage): Promise<string> {
  const folder = join(backstage.folder, 'postgres');
  const [, , , , host = ''] = (await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n');
  const password = await readFile(join(folder, 'password'), 'utf8');
  const client = new Client({ host, port: 5432, user: role, database: 'postgres', password });
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `insert into jobs (id, version, state, served, owner, repository, run_id, demand, first_seen_at, search, doc)
       select 2000000 + n, 1, s, served, owner, repository, 900000 + n / 5, demand, first_seen_at - n * 1000,
         replace(search, 'seeded 0', 'crowd ' || n),
         (doc::jsonb || jsonb_build_object('id', 2000000 + n, 'name', 'crowd ' || n, 'state', s, 'version', 1,
           'firstSeenAt', first_seen_at - n * 1000, 'since', first_seen_at - n * 1000, 'runId', 900000 + n / 5))::json
       from jobs, lateral (select n, (array['waiting', 'done'])[1 + n % 2] as s
         from generate_series(1, $1::int - (select count(*)::int from jobs)) as n) as numbered
       where id = $2`,
      [jobs, seededJob],
    );
    await client.query(
      `insert into insight_jobs
         (job, owner, repository, workflow, name, actor, ended, ended_at, ms, wait_ms, sha, labels, scope)
       select id, owner, repository, 'CI', 'crowd', 'octocat', 'success', first_seen_at, 60000, 1000, '', '', ''
       from jobs where id between 2000001 and 2999999 and state = 'done'`,
    );
    await client.query('vacuum analyze');
    return `crowd ${rowCount}`;
  } finally {
    await client.end();
  }
}

type Scrolled = Pick<Crowd, 'moreRowsMs' | 'slowestRowsMs' | 'scrolledRows' | 'drawnRows' | 'longestFrameMs'>;

/** As text: the tests know no browser's things by type. */
const scrolling = `async (pages) => {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const drawn = () => [...document.querySelectorAll('tr[data-index]')];
  const last = () => Number(drawn().at(-1)?.getAttribute('data-index') ?? -1);
  const waits = [];
  let drawnRows = 0;
  let longestFrameMs = 0;
  for (let n = 0; n < pages; n++) {
    const before = last();
    const begun = performance.now();
    let shown = begun;
    while (last() < before + 150) {
      scrollTo(0, document.documentElement.scrollHeight);
      await frame();
      longestFrameMs = Math.max(longestFrameMs, performance.now() - shown);
      shown = performance.now();
      drawnRows = Math.max(drawnRows, drawn().length);
      if (shown - begun > ${patienceMs}) throw new Error('no rows after ' + before);
    }
    waits.push(performance.now() - begun);
  }
  const sorted = waits.toSorted((a, b) => a - b);
  return {
    moreRowsMs: Math.round(sorted[Math.floor(sorted.length / 2)]),
    slowestRowsMs: Math.round(sorted.at(-1)),
    scrolledRows: last() + 1,
    drawnRows,
    longestFrameMs: Math.round(longestFrameMs),
  };
}`;

async function scrollThrough(page: Page, url: string): Promise<Scrolled> {
  await page.goto(`${url}/queue?state=all`);
  await page.locator('tr[data-index]').first().waitFor();
  return page.evaluate<Scrolled>(`(${scrolling})(${scrolledPages})`);
}

/** For the oldest of all, so that every job is looked at. */
async function searchFor(page: Page, url: string, name: string): Promise<number> {
  await page.goto(`${url}/queue?state=all`);
  await page.locator('tr[data-index]').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type(name);
  const begun = performance.now();
  const only = page.locator('tr[data-index]').filter({ hasText: name });
  await only.waitFor();
  if ((await page.locator('tr[data-index]').count()) > 1) throw new Error(`more than one job is ${name}`);
  return Math.round(performance.now() - begun);
}
