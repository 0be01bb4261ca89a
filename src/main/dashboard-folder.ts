import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the built dashboard lies: beside the bundle, or in `dist/` of the sources. Undefined when nobody built it. */
export function dashboardFolder(): string | undefined {
  const places = [join(import.meta.dirname, 'dashboard'), join(import.meta.dirname, '../../dist/dashboard')];
  return places.find((folder) => existsSync(join(folder, 'index.html')));
}
