// A page as it is seen: in both themes, wide and on a phone; judged by axe, and pictured for people to judge.

import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

export const themes = ['light', 'dark'] as const;
const sizes = { wide: { width: 1360, height: 860 }, phone: { width: 390, height: 844 } } as const;

export interface Fault {
  page: string;
  what: string;
}

/** What axe holds for serious or critical. */
export async function axeFaults(page: Page, name: string): Promise<Fault[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => ({ page: name, what: `${id}: ${help}: ${nodes[0]?.html.slice(0, 120)}` }));
}

/** Looks at the page in its four variants, leaves it wide and light, and gives what is wrong with it. */
export async function lookAt(
  page: Page,
  name: string,
  folder: string,
): Promise<{ axe: Fault[]; other: Fault[] }> {
  const axe: Fault[] = [];
  const other: Fault[] = [];
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [size, viewport] of Object.entries(sizes)) {
      const variant = `${name}-${theme}-${size}`;
      await page.setViewportSize(viewport);
      // Whatever was done last may have scrolled it.
      await page.locator('html').evaluate((html) => html.scrollTo(0, 0));
      axe.push(...(await axeFaults(page, variant)));
      const wider = await page.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
      if (wider > 0) other.push({ page: variant, what: `scrolls sideways by ${wider} pixels` });
      await page.screenshot({ path: join(folder, `${variant}.png`) });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(sizes.wide);
  return { axe, other };
}
