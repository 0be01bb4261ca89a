import { describe, expect, it } from 'vitest';
import {
  cloudMetadata,
  dns,
  firewall,
  forwarding,
  gitHub,
  guestNetwork,
  ipv6,
  networkChecks,
  otherFirewalls,
  tun,
} from './network.ts';
import { examined, plan, sourcesOf } from './planted-host.fixture.ts';

describe('the network of VMs', () => {
  it.each([
    ['tap', 'ok'],
    ['open', 'warning'],
    ['restricted', 'warning'],
  ] as const)('that is %s gets %s', async (network, severity) => {
    expect(await examined(guestNetwork, {}, { network })).toMatchObject({ severity });
  });

  it('is looked at as far as there is one', () => {
    const ids = (network: 'tap' | 'open' | 'restricted') =>
      networkChecks.filter((check) => check.applies({ ...plan, network })).map(({ id }) => id);
    expect(ids('restricted')).toEqual(['guest-network']);
    expect(ids('open')).toEqual(['guest-network', 'cloud-metadata', 'dns', 'github']);
    expect(ids('tap')).toHaveLength(networkChecks.length);
  });

  it('needs tap devices', async () => {
    expect(await examined(tun, { devices: ['/dev/net/tun'] })).toMatchObject({ severity: 'ok' });
    expect(await examined(tun, {})).toMatchObject({
      severity: 'failure',
      mend: expect.stringContaining('modprobe'),
    });
    const forbidden = { files: { '/dev/net/tun': '' }, userId: 1000 };
    expect(await examined(tun, forbidden)).toMatchObject({ severity: 'skipped' });
  });

  it('needs a host that forwards', async () => {
    const path = '/proc/sys/net/ipv4/ip_forward';
    expect(await examined(forwarding, { files: { [path]: '1\n' } })).toMatchObject({ severity: 'ok' });
    expect(await examined(forwarding, { files: { [path]: '0\n' } })).toMatchObject({ severity: 'failure' });
    expect(await examined(forwarding, {})).toMatchObject({ severity: 'failure' });
  });

  it('speaks no IPv6', async () => {
    const conf = '/proc/sys/net/ipv6/conf';
    const other = { [`${conf}/eth0/disable_ipv6`]: '0\n' };
    const tap = (value: string) => ({ files: { ...other, [`${conf}/bw-1/disable_ipv6`]: value } });
    expect(await examined(ipv6, tap('1\n'))).toMatchObject({ severity: 'ok' });
    expect(await examined(ipv6, tap('0\n'))).toMatchObject({ severity: 'failure', found: 'bw-1' });
    expect(await examined(ipv6, {})).toMatchObject({ severity: 'ok' });
  });
});

describe('firewalls', () => {
  it('ours is in order', async () => {
    expect(await examined(firewall, { firewall: {} })).toMatchObject({ severity: 'ok' });
    const problems = ['the table bellows is missing'];
    expect(await examined(firewall, { firewall: { problems } })).toMatchObject({
      severity: 'failure',
      found: 'the table bellows is missing',
      mend: expect.stringContaining('systemctl restart bellows-agent'),
    });
    expect(await examined(firewall, {})).toMatchObject({ severity: 'skipped' });
  });

  it('of others are named when they stop VMs, with what opens them', async () => {
    const ufw = { name: 'ufw', chain: 'ip filter FORWARD', remedy: 'ufw route allow in on bw-+' };
    const look = (...others: boolean[]) =>
      examined(otherFirewalls, {
        firewall: { others: others.map((admitsGuests) => ({ ...ufw, admitsGuests })) },
      });
    expect(await look()).toMatchObject({ severity: 'ok', found: 'there is none' });
    expect(await look(true)).toMatchObject({ severity: 'ok', found: 'ufw: lets VMs through' });
    expect(await look(true, false)).toMatchObject({
      severity: 'warning',
      found: 'ufw (ip filter FORWARD)',
      mend: 'ufw route allow in on bw-+',
    });
    expect(await examined(otherFirewalls, {})).toMatchObject({ severity: 'skipped' });
  });

  it('that may not be looked at are not taken for absent', async () => {
    const { firewall: _, ...others } = sourcesOf({ userId: 1000 });
    const hidden = async () => ({ kind: 'hidden', why: 'nft: Operation not permitted' }) as const;
    for (const check of [firewall, otherFirewalls])
      expect(await check.examine({ ...others, firewall: hidden }, plan)).toMatchObject({
        severity: 'skipped',
        found: 'cannot be seen: nft: Operation not permitted',
        mend: 'Run the doctor as root: sudo bellows doctor',
      });
  });
});

describe('what VMs reach', () => {
  const answers = { ok: true, ms: 3, detail: '' } as const;

  it('is not the metadata service of the cloud', async () => {
    const ports = { '169.254.169.254:80': answers };
    expect(await examined(cloudMetadata, {}, { network: 'open' })).toMatchObject({ severity: 'ok' });
    expect(await examined(cloudMetadata, { ports }, { network: 'open' })).toMatchObject({
      severity: 'failure',
    });
    expect(await examined(cloudMetadata, { ports })).toMatchObject({ severity: 'ok' });
  });

  it('is GitHub, by its name', async () => {
    expect(await examined(dns, { names: { 'api.github.com': answers } })).toMatchObject({ severity: 'ok' });
    expect(await examined(dns, {})).toMatchObject({
      severity: 'warning',
      found: 'api.github.com is not found: ENOTFOUND',
    });
    expect(await examined(gitHub, { ports: { 'api.github.com:443': answers } })).toMatchObject({
      severity: 'ok',
    });
    expect(await examined(gitHub, {})).toMatchObject({ severity: 'warning' });
  });
});
