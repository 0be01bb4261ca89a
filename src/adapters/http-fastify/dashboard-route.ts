// The dashboard: files that the build made, and its index for every path that a person may open or reload. It runs no script
// but its own files, so that text from a workflow can never become one.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import serveStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { webhookPath } from '../../wire/github-webhook.ts';

export interface DashboardDeps {
  /** Where the built dashboard lies; undefined when it was not built. */
  dashboardFolder?: string | undefined;
}

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Bellows</title>
<h1>The dashboard is not built</h1>
<p>The control plane is up, and its API answers. From the sources, build the dashboard with
<code>npm run build -- dashboard</code> and restart the server.</p>
</html>
`;

export async function dashboardRoute(
  app: FastifyInstance,
  { dashboardFolder }: DashboardDeps,
): Promise<void> {
  // Without helmet's defaults: upgrade-insecure-requests would break a server in one's own network that has no certificate.
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
  });
  const index = dashboardFolder && (await readFile(join(dashboardFolder, 'index.html'), 'utf8'));
  if (dashboardFolder !== undefined) {
    await app.register(serveStatic, {
      root: dashboardFolder,
      wildcard: false,
      index: false,
      preCompressed: true,
      // The names of these files hold the digest of what is in them.
      setHeaders: (reply, path) => {
        const isForEver = path.includes('/assets/');
        reply.header('cache-control', isForEver ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.get('/*', async ({ url, headers }, reply) => {
    const wantsPage = headers.accept?.includes('text/html') === true;
    if (!wantsPage || url.startsWith('/api/') || url.startsWith(webhookPath)) return reply.callNotFound();
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache');
    return index === undefined ? reply.code(503).send(notBuilt) : reply.send(index);
  });
}
