import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

export const chromiumPath = '/usr/bin/chromium';

/** Why no browser can be had; undefined when it can. */
export const noBrowser = (): string | undefined =>
  existsSync(chromiumPath) ? undefined : `${chromiumPath} is not installed (apt-get install chromium)`;

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath,
    // Its sandbox refuses to work as root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
