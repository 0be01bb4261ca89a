import { expect, it } from 'vitest';
import { vmId } from '../ids.ts';
import { sumFrom, summedUp, type Traffic } from './traffic.ts';

const [one, other] = [vmId('vm-1'), vmId('vm-2')];
const traffic = (receivedBytes: number, sentBytes: number): Traffic => ({ receivedBytes, sentBytes });

it('sums what VMs receive and send, and never falls when they go', () => {
  const begun = sumFrom(new Map([[one, traffic(100, 10)]]));
  expect(begun.all).toEqual(traffic(0, 0));
  const both = summedUp(
    begun,
    new Map([
      [one, traffic(150, 12)],
      [other, traffic(7, 8)],
    ]),
  );
  expect(both.all).toEqual(traffic(57, 10));
  const left = summedUp(both, new Map([[other, traffic(9, 8)]]));
  expect(left.all).toEqual(traffic(59, 10));
  expect(summedUp(left, new Map()).all).toEqual(traffic(59, 10));
});

it('takes a tap that has counted less for a new one', () => {
  const begun = sumFrom(new Map([[one, traffic(100, 100)]]));
  expect(summedUp(begun, new Map([[one, traffic(3, 200)]])).all).toEqual(traffic(3, 200));
});
