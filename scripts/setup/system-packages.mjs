// The programs of the system that microVMs and their tests need: installed when we are root on a Debian or Ubuntu,
// else named in one line that the user can paste.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { say } from './progress.mjs';

/** Debian package → the program by which other systems are judged. */
const forVms = {
  [process.arch === 'arm64' ? 'qemu-system-arm' : 'qemu-system-x86']:
    process.arch === 'arm64' ? 'qemu-system-aarch64' : 'qemu-system-x86_64',
  mmdebstrap: 'mmdebstrap',
  'erofs-utils': 'mkfs.erofs',
  e2fsprogs: 'mkfs.ext4',
  'busybox-static': 'busybox',
  uidmap: 'newuidmap',
};

const forTests = {
  ...forVms,
  postgresql: 'initdb',
  chromium: 'chromium',
  prometheus: 'promtool',
  nftables: 'nft',
  iproute2: 'ip',
};

const needs = { vm: forVms, tests: forTests };

/**
 * Makes sure that the packages for `purpose` are there. What cannot be installed stops the purpose `vm` (throws), and
 * is only told for `tests`, where a test that misses its program is skipped with its reason.
 */
export function provideSystemPackages(purpose, packages = needs[purpose], isRoot = process.getuid?.() === 0) {
  const missing = missingSystemPackages(packages);
  if (missing.length === 0) return;
  const isDebian = existsSync('/usr/bin/apt-get');
  const problem = isDebian && isRoot ? installFor(purpose, missing) : adviceFor(missing, isDebian);
  if (problem === undefined) return;
  if (purpose === 'vm') throw new Error(problem);
  say(`${problem}\nThe tests that need them are skipped.`);
}

export function missingSystemPackages(packages) {
  const names = Object.keys(packages);
  if (!existsSync('/usr/bin/dpkg-query')) return names.filter((name) => !isProgram(packages[name]));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is dpkg's own notation
  const asked = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names], {
    encoding: 'utf8',
  });
  const installed = asked.stdout.split('\n').filter((line) => line.endsWith(' installed'));
  return names.filter((name) => {
    if (name === 'postgresql' && hasPostgresServer()) return false;
    return !installed.some((line) => line.startsWith(`${name} `));
  });
}

function isProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, name)));
}

/** Debian keeps each major version in a folder of its own, none of them on the path. */
function hasPostgresServer() {
  const folder = '/usr/lib/postgresql';
  return (
    existsSync(folder) &&
    readdirSync(folder).some((version) => existsSync(join(folder, version, 'bin/initdb')))
  );
}

function adviceFor(missing, isDebian) {
  if (!isDebian) return `These programs are missing: ${missing.join(', ')} (names of Debian's packages).`;
  return `Debian packages are missing. Install them with:\n\n  sudo apt-get install --no-install-recommends -y ${missing.join(' ')}\n`;
}

/** Ubuntu has no package `chromium`: for tests, what can be had is installed without what cannot. */
function installFor(purpose, missing) {
  const problem = install(missing);
  if (problem === undefined || purpose === 'vm' || missing.length === 1) return problem;
  return (
    missing
      .map((name) => install([name]))
      .filter(Boolean)
      .join('\n') || undefined
  );
}

/** What went wrong, or undefined. */
function install(missing) {
  say(`Installing Debian packages: ${missing.join(' ')} ...`);
  const begun = Date.now();
  const flags = ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'];
  const attempt = () => withoutServices(() => aptGet([...flags, '-o', 'Dpkg::Use-Pty=0', ...missing]));
  let result = hasPackageLists() ? attempt() : undefined;
  if (result?.status !== 0) {
    // No package lists yet, or old ones that name versions which are gone.
    aptGet(['update', '-qq']);
    result = attempt();
  }
  if (result.status !== 0) return `apt-get could not install ${missing.join(' ')}:\n${result.stderr}`;
  say(`  done in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  return undefined;
}

function hasPackageLists() {
  const folder = '/var/lib/apt/lists';
  return existsSync(folder) && readdirSync(folder).some((name) => /_Packages(\.\w+)?$/.test(name));
}

function aptGet(flags) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', flags, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A server that comes as a dependency must not start by itself: Debian asks this file, 101 means no. */
function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return work();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    rmSync(policy, { force: true });
  }
}
