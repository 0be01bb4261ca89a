import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DescribedApi, describe as describeRelease } from '../../../test/support/firecracker/description.ts';
import { neverToBeSent } from '../../../test/support/firecracker/releases.ts';
import { type Release, releases } from '../../../test/support/firecracker/settings.ts';
import { limits } from '../../../test/support/firecracker/state-rules.ts';
import {
  type ApiRequest,
  machineRequests,
  startRequest,
  stateRequest,
  type TapMachine,
  versionRequest,
} from './api-requests.ts';
import { featuresOf, versionIn } from './version.ts';

const everyRelease = Object.keys(releases) as Release[];

const machine: TapMachine = {
  vcpus: 2,
  memoryMib: 4096,
  network: {
    kind: 'tap',
    device: 'bellows7',
    owner: 900_000,
    mac: '06:00:0a:00:00:02',
    address: '10.1.0.2/30',
    gateway: '10.1.0.1',
    nameserver: '10.1.0.1',
    mtu: 1420,
  },
};

function requestsTo(release: string, of: TapMachine, pci = true): ApiRequest[] {
  const features = featuresOf(versionIn(release) ?? [0, 0]);
  return machineRequests(of, { pci: pci && features.pci, features });
}

const bodyOf = (requests: readonly ApiRequest[], path: string) =>
  requests.find((request) => request.path === path)?.body;

/** Every machine that the driver takes. */
const anyMachine: fc.Arbitrary<TapMachine> = fc.record({
  vcpus: fc.integer({ min: 1, max: 32 }),
  memoryMib: fc.integer({ min: 1, max: 1_000_000 }),
  network: fc.record({
    kind: fc.constant('tap' as const),
    device: fc.stringMatching(/^[a-z0-9]{1,15}$/),
    owner: fc.constant(900_000),
    mac: fc.constant('06:00:0a:00:00:02'),
    address: fc.constant('255.255.255.254/30'),
    gateway: fc.constant('255.255.255.253'),
    nameserver: fc.constant('255.255.255.253'),
    mtu: fc.integer({ min: 68, max: 65_535 }),
  }),
  rates: fc.record(
    {
      diskBytesPerSecond: fc.double({ min: 0.1, max: 1e12, noNaN: true }),
      diskOpsPerSecond: fc.double({ min: 0.1, max: 1e9, noNaN: true }),
      netBytesPerSecond: fc.double({ min: 0.1, max: 1e12, noNaN: true }),
    },
    { requiredKeys: [] },
  ),
});

describe.each(everyRelease)('what is asked of Firecracker %s', (release) => {
  const description = describeRelease(release);
  const api = new DescribedApi(description);

  it('is in its own description of its API, whatever the machine', () => {
    fc.assert(
      fc.property(anyMachine, fc.boolean(), (any, pci) => {
        const all = [versionRequest, ...requestsTo(releases[release], any, pci), startRequest, stateRequest];
        for (const { method, path, body } of all) expect(api.problem(method, path, body)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('stays far below what it reads: body, command line and names', () => {
    fc.assert(
      fc.property(anyMachine, (any) => {
        for (const { path, body } of requestsTo(releases[release], any)) {
          expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(limits.bodyBytes / 10);
          const words = String(body?.boot_args ?? '');
          expect(Buffer.byteLength(words)).toBeLessThan(limits.commandLineBytes / 2);
          const id = path.split('/')[2];
          if (id !== undefined) expect(id).toMatch(limits.pathId);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('holds no developer preview and nothing deprecated', () => {
    for (const { path, body = {} } of requestsTo(releases[release], machine)) {
      const template = api.template('PUT', path) ?? '';
      const reference = description.paths[template]?.put?.parameters?.find((one) => one.in === 'body')?.schema
        ?.$ref;
      const banned = neverToBeSent.filter(({ definition }) => reference === `#/definitions/${definition}`);
      for (const { property, value } of banned)
        if (value === undefined) expect(body).not.toHaveProperty(property);
        else expect(body[property]).not.toBe(value);
    }
  });
});

describe('the requests', () => {
  it('come in an order that Firecracker takes', () => {
    expect(requestsTo('1.16.1', machine).map(({ path }) => path)).toEqual([
      '/machine-config',
      '/boot-source',
      '/drives/root',
      '/drives/scratch',
      '/network-interfaces/eth0',
      '/vsock',
      '/entropy',
      '/balloon',
      '/serial',
    ]);
  });

  it('leave out what an older release does not know', () => {
    const paths = requestsTo('1.10.1', machine).map(({ path }) => path);
    expect(paths).not.toContain('/balloon');
    expect(paths).not.toContain('/serial');
    expect(bodyOf(requestsTo('1.14.0', machine), '/serial')).toEqual({ serial_out_path: '/console' });
    expect(bodyOf(requestsTo('1.15.9', machine), '/network-interfaces/eth0')).not.toHaveProperty('mtu');
    expect(bodyOf(requestsTo('1.16.0', machine), '/network-interfaces/eth0')).toHaveProperty('mtu', 1420);
  });

  it('tell the guest its network, end it on a panic, and hide PCI where Firecracker does not do so itself', () => {
    const words = (release: string, pci = true) =>
      String(bodyOf(requestsTo(release, machine, pci), '/boot-source')?.boot_args);
    expect(words('1.16.1').split(' ')).toEqual(
      expect.arrayContaining(['reboot=k', 'panic=1', 'bellows.ip=10.1.0.2/30,10.1.0.1,10.1.0.1,1420']),
    );
    expect(words('1.16.1')).not.toContain('pci=off');
    expect(words('1.16.1', false)).not.toContain('pci=off');
    expect(words('1.12.0')).toContain('pci=off');
  });

  it('bound the console, and let the balloon only give back', () => {
    const limited = requestsTo('1.16.0', machine);
    expect(bodyOf(limited, '/serial')).toEqual({
      serial_out_path: '/console',
      rate_limiter: { size: 256 * 1024, one_time_burst: 1024 * 1024, refill_time: 1000 },
    });
    expect(bodyOf(limited, '/balloon')).toEqual({
      amount_mib: 0,
      deflate_on_oom: true,
      free_page_reporting: true,
    });
    expect(bodyOf(limited, '/drives/root')).toMatchObject({ is_root_device: true, is_read_only: true });
  });

  it('keep rates by buckets of a second, of one token at least', () => {
    const limited = requestsTo('1.16.1', {
      ...machine,
      rates: { diskBytesPerSecond: 0.2, diskOpsPerSecond: 500.4, netBytesPerSecond: 1000 },
    });
    expect(bodyOf(limited, '/drives/scratch')?.rate_limiter).toEqual({
      bandwidth: { size: 1, refill_time: 1000 },
      ops: { size: 500, refill_time: 1000 },
    });
    expect(bodyOf(limited, '/network-interfaces/eth0')?.tx_rate_limiter).toEqual({
      bandwidth: { size: 1000, refill_time: 1000 },
    });
    expect(bodyOf(requestsTo('1.16.1', machine), '/drives/root')).not.toHaveProperty('rate_limiter');
  });
});

describe("the stand-in's description", () => {
  const problemIn = (release: Release, path: string, body: unknown) =>
    new DescribedApi(describeRelease(release)).problem('PUT', path, body);

  it('refuses what no release knows, and what only a later one does', () => {
    const drive = { drive_id: 'root', is_root_device: true, path_on_host: '/root.img' };
    expect(problemIn('1.17', '/drives/root', drive)).toBeUndefined();
    expect(problemIn('1.17', '/drives/root', { ...drive, discard: true })).toContain(
      'unknown field `discard`',
    );
    expect(problemIn('1.14', '/serial', { rate_limiter: { size: 1, refill_time: 1 } })).toContain(
      'unknown field',
    );
    expect(problemIn('1.16', '/serial', { rate_limiter: { size: 1, refill_time: 1 } })).toBeUndefined();
    expect(problemIn('1.10', '/serial', {})).toContain('Invalid request method and/or path');
    expect(problemIn('1.16', '/vsock', { guest_cid: 2, uds_path: '/v' })).toContain('>= 3');
  });
});
