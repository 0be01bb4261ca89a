import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testImage } from '../../../test/support/test-image.ts';
import type { BootFiles } from '../../ports/image-source.ts';
import { probePlatform } from './probe-platform.ts';

let image: BootFiles;
let folder: string;
beforeAll(async () => {
  image = await testImage();
  folder = await mkdtemp(join(tmpdir(), 'bellows-probe-'));
}, 900_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it('says what is missing where there is no KVM', async () => {
  const probed = await probePlatform({ image, folder, kvmPath: join(folder, 'no-kvm') });
  expect(probed).toMatchObject({
    platform: { acceleration: 'tcg' },
    reason: expect.stringContaining('has no'),
  });
});

it('does not take a VMM that hangs for a working one, and remembers it until the host boots again', async () => {
  const kvmPath = join(folder, 'kvm');
  const hanging = join(folder, 'qemu');
  await writeFile(kvmPath, '');
  await writeFile(hanging, `#!/bin/sh\necho started >>'${folder}/starts'\nexec sleep 60\n`, { mode: 0o755 });
  const ask = () => probePlatform({ image, folder, kvmPath, program: hanging, timeoutMs: 500 });
  expect(await ask()).toMatchObject({
    platform: { acceleration: 'tcg' },
    reason: expect.stringContaining('hangs'),
  });
  expect(await ask()).toMatchObject({
    platform: { acceleration: 'tcg' },
    reason: expect.stringContaining('hangs'),
  });
  expect(await readFile(join(folder, 'starts'), 'utf8')).toBe('started\nstarted\n');
});

it('boots the canary of our image', async () => {
  const kvmPath = join(folder, 'kvm');
  const emulating = join(folder, 'qemu-emulating');
  const sh =
    '#!/bin/sh\nfor word; do shift; case $word in kvm) word=tcg;; host) word=max;; esac; set -- "$@" "$word"; done\n';
  await writeFile(emulating, `${sh}exec qemu-system-x86_64 "$@"\n`, { mode: 0o755 });
  // In emulation the microvm hangs now and then; then the other board answers for it.
  const probed = await probePlatform({
    image,
    folder: join(folder, 'emulating'),
    kvmPath,
    program: emulating,
  });
  expect(probed.reason).toMatch(/came up under KVM in \d+ ms/);
  expect(probed.platform.acceleration).toBe('kvm');
  expect(['microvm', 'q35']).toContain(probed.platform.board);
});
