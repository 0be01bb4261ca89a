import { expect, it } from 'vitest';
import { type Moment, moments, Standing } from './moment.ts';

const vm = 'vm-1';
const spec = {
  vm,
  vcpus: 1,
  milliCpus: 1000,
  memoryMib: 512,
  diskGib: 1,
  burstable: false,
  image: 'i',
  hostname: 'h',
  idleTimeoutMs: 1,
  bootTimeoutMs: 1,
  lifetimeMs: 1,
};
let number = 0;
const event = (body: object) => {
  number += 1;
  return { kind: 'event', event: { number, at: 0, vm, event: body } };
};
const begin = (step: string) => ({ kind: 'begin', at: 0, vm, step });
const phase = (name: string) => event({ kind: 'phase', phase: name, ms: 1 });

/** A VM's life as its journal tells it, with the moment that it is in after each entry. */
const life: [object, Moment | undefined][] = [
  [{ kind: 'accepted', at: 0, spec }, undefined],
  [begin('image'), 'image'],
  [phase('image'), undefined],
  [begin('image'), 'image'],
  [begin('disk'), 'disk'],
  [phase('disk'), undefined],
  [begin('folder'), 'folder'],
  [begin('host-network'), 'host-network'],
  [begin('cage'), 'cage'],
  [begin('start'), 'start'],
  [phase('start'), 'start'],
  [{ kind: 'up', vm }, 'boot'],
  [event({ kind: 'guest-up', bootId: 'b' }), undefined],
  [{ kind: 'configured', vm }, 'hand-over'],
  [event({ kind: 'handed' }), undefined],
  [event({ kind: 'job-started', jobName: 'j' }), 'job'],
  [event({ kind: 'job-ended', jobName: 'j', result: 'Succeeded' }), undefined],
  [{ kind: 'tombstone', at: 0, vm, reason: 'r', rule: 'runner-ended' }, undefined],
  [begin('stop'), 'stop'],
  [phase('stop'), undefined],
  [event({ kind: 'gone' }), undefined],
];

it('is read off the journal, entry by entry', () => {
  const standing = new Standing();
  const seen = life.map(([entry]) => {
    standing.read(JSON.stringify(entry));
    return moments.find((moment) => standing.at(moment).length > 0);
  });
  expect(seen).toEqual(life.map(([, moment]) => moment));
});
