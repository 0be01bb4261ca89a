import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vmId } from '../ids.ts';
import { capacityOf, gatewayOf, guestFor, isInPool, macOf, tapOf, vmOfTap } from './address-plan.ts';
import { formatIpv4, formatIpv4Range, parseIpv4, parseIpv4Range, rangeAround } from './ipv4.ts';

const crockford = '0123456789abcdefghjkmnpqrstvwxyz';
const vms = fc
  .array(fc.constantFrom(...crockford), { minLength: 12, maxLength: 12 })
  .map((own) => vmId(`vm-${own.join('')}`));
const pools = fc
  .tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 8, max: 30 }))
  .map(([address, bits]) => rangeAround(address, bits));

describe('the address plan', () => {
  it('names taps so that Linux takes them and each says whose it is', () => {
    fc.assert(
      fc.property(vms, (vm) => {
        expect(Buffer.byteLength(tapOf(vm))).toBeLessThanOrEqual(15);
        expect(vmOfTap(tapOf(vm))).toBe(vm);
      }),
    );
    for (const foreign of ['eth0', 'bw-', 'bw-UPPER', 'tap0', 'bw-0123456789abc'])
      expect(vmOfTap(foreign)).toBeUndefined();
    expect(() => tapOf(vmId('vm-../../etc'))).toThrow('bug:');
  });

  it('gives each VM an address and a MAC that no other has, inside the pool and not the gateway’s', () => {
    fc.assert(
      fc.property(pools, fc.uniqueArray(vms, { maxLength: 20 }), (pool, wanted) => {
        const taken = new Set<string>();
        const macs = new Set<string>();
        for (const vm of wanted) {
          const guest = guestFor(vm, pool, taken);
          if (guest === undefined) {
            expect(taken.size).toBe(capacityOf(pool));
            continue;
          }
          expect(isInPool(pool, guest.address)).toBe(true);
          expect([gatewayOf(pool), formatIpv4(pool.base)]).not.toContain(guest.address);
          expect(taken.has(guest.address) || macs.has(guest.mac)).toBe(false);
          taken.add(guest.address);
          macs.add(guest.mac);
        }
      }),
    );
  });

  it('says so when a pool is full', () => {
    const pool = { base: 0x0a000000, bits: 30 };
    expect(guestFor(vmId('vm-a'), pool, new Set())?.address).toBe('10.0.0.2');
    expect(guestFor(vmId('vm-b'), pool, new Set(['10.0.0.2']))).toBeUndefined();
    expect(guestFor(vmId('vm-b'), { base: 0x0a000000, bits: 31 }, new Set())).toBeUndefined();
  });

  it('makes MACs that are locally administered and for one receiver', () => {
    expect(macOf('10.200.1.255')).toBe('02:be:0a:c8:01:ff');
    expect(Number.parseInt(macOf('10.0.0.1').slice(0, 2), 16) & 3).toBe(2);
  });
});

describe('IPv4', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(pools, (range) => {
        expect(parseIpv4(formatIpv4(range.base))).toBe(range.base);
        expect(parseIpv4Range(formatIpv4Range(range))).toEqual(range);
      }),
    );
    expect(parseIpv4Range('1.2.3.4')).toEqual({ base: 0x01020304, bits: 32 });
    expect(parseIpv4Range('0.0.0.0/0')).toEqual({ base: 0, bits: 0 });
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4/33',
    '10.0.0.5/8',
    '1.2.3.4/',
    '1.2.3.0/24/1',
    '::1',
    ' 1.2.3.4',
  ])('refuses "%s"', (text) => {
    expect(parseIpv4Range(text)).toBeUndefined();
  });
});
