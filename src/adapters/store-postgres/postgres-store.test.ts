import { afterAll, beforeAll, describe, it } from 'vitest';
import { storeContract } from '../../../test/contract/store.ts';
import {
  embedded,
  installedVersions,
  isInstalled,
  oldest,
  startTestServer,
  type TestServer,
} from '../../../test/support/postgres-servers.ts';

for (const kind of [embedded, oldest]) {
  if (isInstalled(kind)) {
    describe(kind.name, () => {
      let server: TestServer;
      beforeAll(async () => {
        server = await startTestServer(kind);
      });
      afterAll(() => server.stop());

      storeContract('the PostgreSQL store', async () => {
        await server.empty();
        const [a, b] = await Promise.all([server.openStore(), server.openStore()]);
        return { a, b, close: () => Promise.all([a.close(), b.close()]).then(() => undefined) };
      });
    });
  } else {
    const there = installedVersions().join(', ') || 'none';
    const words = `${kind.name} is NOT TESTED: it is not installed (Debian has ${there}); apt-get install postgresql-15`;
    process.stderr.write(`\n${words}\n\n`);
    it(words, (context) => context.skip(words));
  }
}
