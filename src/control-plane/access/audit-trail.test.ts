import { describe, expect, it } from 'vitest';
import { at } from '../../../test/contract/store/things.ts';
import { openMemoryStore } from '../../adapters/store-memory/memory-store.ts';
import type { Log } from '../../ports/log.ts';
import { auditTrail } from './audit-trail.ts';

const logged: string[] = [];
const log: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (message) => void logged.push(message),
  with: () => log,
};

describe('the audit trail', () => {
  it('holds a call from before it runs, with what was asked but no secret, and its status after', async () => {
    const store = openMemoryStore();
    const trail = auditTrail({ store, clock: { now: () => at(5), sleep: async () => {} }, log });
    const number = await trail.begin({
      by: 'ada',
      from: '::1',
      action: 'doThings',
      asked: {
        params: { token: 'token-1' },
        query: undefined,
        body: {
          why: 'w'.repeat(500),
          deep: { clientSecret: 's3cret' },
          password: 'p',
          list: [{ apiToken: 't' }],
        },
      },
    });
    const lines = () => store.transaction((tx) => tx.audit.list({}, 10));
    expect(await lines()).toEqual([
      {
        number,
        at: at(5),
        by: 'ada',
        from: '::1',
        action: 'doThings',
        data: {
          token: 'token-1',
          why: `${'w'.repeat(200)}…`,
          deep: { clientSecret: '***' },
          password: '***',
          list: [{ apiToken: '***' }],
        },
      },
    ]);
    await trail.finish(number, 200);
    expect(await lines()).toMatchObject([{ status: 200 }]);
  });

  it('does not undo what was done when its end cannot be written', async () => {
    const store = openMemoryStore();
    store.transaction = async () => {
      throw new Error('no');
    };
    const trail = auditTrail({ store, clock: { now: () => at(5), sleep: async () => {} }, log });
    await trail.finish(1, 200);
    expect(logged).toEqual(['an audit line stays without its status']);
  });
});
