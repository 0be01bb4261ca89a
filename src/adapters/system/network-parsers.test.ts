import { describe, expect, it } from 'vitest';
import { dns, exceptions, range, services, users } from './network-parsers.ts';

describe('settings of the guests’ network', () => {
  it('read an exception: a destination, a protocol, and ports', () => {
    expect(exceptions('10.1.2.3:tcp:443, 10.0.0.0/8:udp:8000-8999')).toEqual([
      { to: { base: 0x0a_01_02_03, bits: 32 }, protocol: 'tcp', ports: { from: 443, to: 443 } },
      { to: { base: 0x0a_00_00_00, bits: 8 }, protocol: 'udp', ports: { from: 8000, to: 8999 } },
    ]);
  });

  it('read what the host serves, whom guests ask for names, and who runs VMMs', () => {
    expect(services('tcp:5000,udp:123')).toEqual([
      { protocol: 'tcp', port: 5000 },
      { protocol: 'udp', port: 123 },
    ]);
    expect([dns('host'), dns('served'), dns('9.9.9.9')]).toEqual([
      'host',
      { kind: 'served' },
      { kind: 'forwarded', resolver: '9.9.9.9' },
    ]);
    expect(users('200000-204095')).toEqual({ first: 200_000, count: 4096 });
  });

  it.each([
    [() => range('10.0.0.5/8'), 'no network'],
    [() => exceptions('10.1.2.3'), 'neither tcp nor udp'],
    [() => exceptions('10.1.2.3:tcp:0'), 'no port'],
    [() => exceptions('10.1.2.3:tcp:80:90'), 'none such as'],
    [() => services('tcp:99999'), 'no port'],
    [() => services('http:80'), 'neither tcp nor udp'],
    [() => dns('resolver.internal'), 'neither host nor served'],
    [() => users('0-5'), 'none may be root'],
    [() => users('9-5'), 'no users'],
  ])('refuse what they do not understand, and say what is wanted (%#)', (read, words) => {
    expect(read).toThrow(words);
  });
});
