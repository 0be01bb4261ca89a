import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostResolver } from './host-resolver.ts';

describe("the guests' resolver", () => {
  let folder: string;
  const given = async (...texts: string[]) => {
    const paths = texts.map((_, index) => join(folder, String(index)));
    await Promise.all(texts.map((text, index) => writeFile(paths[index] ?? '', text)));
    return hostResolver(paths);
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-resolver-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is the first that the host asks on another machine', async () => {
    const text =
      '# nameserver 1.1.1.1\nsearch example.org\nnameserver fe80::1\nnameserver 192.168.1.1 # router\n';
    expect(await given(text)).toEqual({ kind: 'forwarded', resolver: '192.168.1.1' });
  });

  it('is whom systemd-resolved asks, when the host asks that on its loopback', async () => {
    expect(await given('nameserver 127.0.0.53\n', 'nameserver 9.9.9.9\n')).toEqual({
      kind: 'forwarded',
      resolver: '9.9.9.9',
    });
  });

  it('has to be served on the gateway when there is none but on the loopback', async () => {
    expect(await given('nameserver 127.0.0.1\n')).toEqual({ kind: 'served' });
    expect(await hostResolver([join(folder, 'nothing')])).toEqual({ kind: 'served' });
  });
});
