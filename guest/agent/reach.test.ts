import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { reach } from './reach.ts';

it('says when a name was found and when it took a connection', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [here] = await reach([{ host: '127.0.0.1', port }]);
  expect(here).toEqual({
    host: '127.0.0.1',
    foundMs: expect.any(Number),
    connectedMs: expect.any(Number),
    why: '',
  });
  await new Promise((resolve) => server.close(resolve));
  const [closed] = await reach([{ host: '127.0.0.1', port }]);
  expect(closed).toEqual({
    host: '127.0.0.1',
    foundMs: expect.any(Number),
    why: expect.stringContaining('ECONNREFUSED'),
  });
});

it('says why a name is not found, and waits no longer than it may', async () => {
  const [lost] = await reach([{ host: 'no-such-name.invalid', port: 443 }], 3000);
  expect(lost).toEqual({ host: 'no-such-name.invalid', why: expect.stringMatching(/./) });
});
