// The page of promises names attacks; the proof makes them. Neither may know one that the other does not.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addressAttacks } from './attacks/addresses.ts';
import { cageAttackNames } from './attacks/cage.ts';
import { diskAttacks } from './attacks/disks.ts';
import { floods } from './attacks/floods.ts';
import { guestLinkAttacks } from './attacks/guest-link.ts';
import { linkLayerAttacks } from './attacks/link-layer.ts';
import { resourceAttacks } from './attacks/resources.ts';
import { vmmUserAttacks } from './attacks/vmm-user.ts';

const attacks = [
  ...[addressAttacks, linkLayerAttacks, floods, resourceAttacks, guestLinkAttacks, vmmUserAttacks]
    .flat()
    .map(({ name }) => name),
  ...diskAttacks.map(({ name }) => name),
  ...cageAttackNames,
];

it('every attack of the proof keeps a promise of docs/threat-model.md, and every one named there is made', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/threat-model.md'), 'utf8');
  const table = page.slice(page.indexOf('| promise | attacks'), page.indexOf('Another enemy'));
  const named = [...table.matchAll(/`([a-z0-9]+(?:-[a-z0-9]+)*)`/g)].map(([, name]) => name);
  expect([...new Set(named)].sort()).toEqual(attacks.toSorted());
  expect(new Set(attacks).size).toBe(attacks.length);
  expect(attacks.length).toBeGreaterThanOrEqual(25);
});
