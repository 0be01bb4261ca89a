import { expect } from 'vitest';
import type { HostVitals } from '../../../src/domain/hosts/vitals.ts';
import { itWith, type OpenStores, within } from './stores.ts';
import { vitals as aHostsVitals, at, host, hostName } from './things.ts';

const vitals = (n: number, changes: Partial<HostVitals> = {}): HostVitals =>
  aHostsVitals(hostName(n), { at: at(n), ...changes });

export function vitalsContract(open: OpenStores): void {
  const it = itWith(open);

  it('keeps the last of each host', async ({ a, b }) => {
    await within(a, (tx) => tx.vitals.put(vitals(1)));
    await within(b, (tx) => tx.vitals.put(vitals(2)));
    const { told: _, ...short } = vitals(1, { at: at(9) });
    await within(b, (tx) => tx.vitals.put(short));
    expect(await within(a, (tx) => tx.vitals.get(hostName(1)))).toStrictEqual(short);
    const all = await within(a, (tx) => tx.vitals.list());
    expect(all.toSorted((x, y) => x.at - y.at)).toStrictEqual([vitals(2), short]);
    expect(await within(a, (tx) => tx.vitals.get(hostName(3)))).toBeUndefined();
  });

  it('forgets a host, twice too', async ({ a, b }) => {
    await within(a, (tx) => tx.vitals.put(vitals(1)));
    await within(b, (tx) => tx.vitals.remove(hostName(1)));
    await within(a, (tx) => tx.vitals.remove(hostName(1)));
    expect(await within(a, (tx) => tx.vitals.list())).toEqual([]);
  });

  it('is not in the way of who holds the row of the host', async ({ a, b }) => {
    await within(a, (tx) => tx.hosts.insert(host(1)));
    await within(a, async (tx) => {
      await tx.hosts.lockRow(hostName(1));
      await within(b, (other) => other.vitals.put(vitals(1)));
    });
    expect(await within(a, (tx) => tx.vitals.get(hostName(1)))).toBeDefined();
  });
}
