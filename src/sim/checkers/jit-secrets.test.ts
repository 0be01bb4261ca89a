import { describe, expect, test } from 'vitest';
import { clientIdsIn, partsOf } from './jit-secrets.ts';

const clientId = '0123abcd-0000-4000-8000-0123456789ab';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const files = {
  '.runner': base64(JSON.stringify({ AgentId: '1', AgentName: 'bellows-sim-abc' })),
  '.credentials': base64(JSON.stringify({ Scheme: 'OAuth', Data: { clientId } })),
};
const jitConfig = base64(JSON.stringify(files));

describe('a JIT configuration', () => {
  test('names its runner and holds its client id', () => {
    expect(partsOf(jitConfig)).toEqual({ runnerName: 'bellows-sim-abc', clientId });
  });

  test.each([
    ['as it came', jitConfig],
    ['decoded', JSON.stringify(files)],
    ['one of its files', files['.credentials']],
    ['what is in that file', JSON.stringify({ clientId })],
    ['wrapped once more, the URL-safe way', Buffer.from(jitConfig).toString('base64url')],
  ])('is found in a text: %s', (_how, secret) => {
    expect([...clientIdsIn(`agent-h1 info: unsealed {"configuration":"${secret}"}`)]).toContain(clientId);
  });

  test('is not looked for behind more layers than asked', () => {
    expect([...clientIdsIn(Buffer.from(jitConfig).toString('base64url'), 2)]).toEqual([]);
  });

  test('is not found in digests and ids', () => {
    expect([...clientIdsIn(`sha256:${'1'.repeat(64)} vm-0123456789ab ${'x'.repeat(500)}`)]).toEqual([]);
  });
});
