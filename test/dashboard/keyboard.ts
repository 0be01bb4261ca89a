// What hands do that have no mouse: every step is a key, so a control that keys do not reach fails its task.

import type { Locator, Page } from 'playwright-core';

/** More stops than any page has before its first table's rows. */
const mostStops = 80;
/** Long, for machines that have much else to do. */
export const patienceMs = 60_000;

/** Presses Tab until `target` has the focus. @throws when Tab does not lead there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor({ timeout: patienceMs });
  for (let stop = 0; stop < mostStops; stop++) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${target}`);
}

export async function tabAndPress(page: Page, target: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

/** Leaves a field or dialog, goes by `g` and a letter, and waits for the page's heading. */
export async function jumpTo(page: Page, letter: string, heading: string): Promise<void> {
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press(letter);
  await see(page.getByRole('heading', { level: 1, name: heading, exact: true }));
}

export const see = (target: Locator): Promise<void> =>
  target.filter({ visible: true }).first().waitFor({ state: 'visible', timeout: patienceMs });
