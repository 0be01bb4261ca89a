import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { facts } from './linux-setup.ts';

/** Of Ubuntu 24.04, Debian 12, Debian's testing, and Fedora 41: the lines that matter, quoted as there. */
const releases = {
  ubuntu: 'PRETTY_NAME="Ubuntu 24.04.2 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n',
  debian:
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nID=debian\n',
  testing: 'PRETTY_NAME="Debian GNU/Linux trixie/sid"\nID=debian\n',
  fedora: "NAME='Fedora Linux'\nVERSION_ID='41'\nID='fedora'\n",
};

it.each<[keyof typeof releases, string, boolean]>([
  ['ubuntu', 'ubuntu 24.04', true],
  ['debian', 'debian 12', true],
  ['testing', 'debian unknown', true],
  ['fedora', 'fedora 41', false],
])('%s is told as "%s"', async (name, distribution, apt) => {
  const root = await mkdtemp(join(tmpdir(), 'bellows-release-'));
  try {
    const files = {
      'etc/os-release': releases[name],
      'run/systemd/system/x': '',
      ...(apt ? { 'usr/bin/apt-get': '' } : {}),
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    expect(await facts(root)).toMatchObject({ distribution, apt, systemd: true });
  } finally {
    await rm(root, { recursive: true });
  }
});
