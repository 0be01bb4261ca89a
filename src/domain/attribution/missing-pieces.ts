// A command or a library that the image lacks, read from a line of a log, and the Debian package that brings it.

export interface MissingPiece {
  kind: 'command' | 'library';
  name: string;
  /** Absent when the table does not know it. */
  package?: string;
}

const packageOfCommand: Readonly<Record<string, string>> = {
  aws: 'awscli',
  bc: 'bc',
  bzip2: 'bzip2',
  cc: 'build-essential',
  clang: 'clang',
  cmake: 'cmake',
  convert: 'imagemagick',
  curl: 'curl',
  dig: 'dnsutils',
  envsubst: 'gettext-base',
  ffmpeg: 'ffmpeg',
  file: 'file',
  'g++': 'build-essential',
  gcc: 'build-essential',
  gh: 'gh',
  git: 'git',
  'git-lfs': 'git-lfs',
  gpg: 'gnupg',
  java: 'default-jdk',
  jq: 'jq',
  lsb_release: 'lsb-release',
  make: 'build-essential',
  mvn: 'maven',
  mysql: 'default-mysql-client',
  nc: 'netcat-openbsd',
  ninja: 'ninja-build',
  node: 'nodejs',
  npm: 'npm',
  npx: 'npm',
  php: 'php-cli',
  pip: 'python3-pip',
  pip3: 'python3-pip',
  'pkg-config': 'pkg-config',
  protoc: 'protobuf-compiler',
  psql: 'postgresql-client',
  python: 'python-is-python3',
  python3: 'python3',
  rsync: 'rsync',
  ruby: 'ruby',
  shellcheck: 'shellcheck',
  ssh: 'openssh-client',
  'ssh-agent': 'openssh-client',
  sudo: 'sudo',
  tar: 'tar',
  tree: 'tree',
  unzip: 'unzip',
  wget: 'wget',
  'xvfb-run': 'xvfb',
  xz: 'xz-utils',
  zip: 'zip',
  zstd: 'zstd',
};

/** By the name without its version. */
const packageOfLibrary: Readonly<Record<string, string>> = {
  'libasound.so': 'libasound2',
  'libatk-1.0.so': 'libatk1.0-0',
  'libatomic.so': 'libatomic1',
  'libevent-2.1.so': 'libevent-2.1-7',
  'libgbm.so': 'libgbm1',
  'libGL.so': 'libgl1',
  'libglib-2.0.so': 'libglib2.0-0',
  'libgtk-3.so': 'libgtk-3-0',
  'libicuuc.so': 'libicu-dev',
  'libnss3.so': 'libnss3',
  'libpq.so': 'libpq5',
  'libssl.so': 'libssl3',
  'libstdc++.so': 'libstdc++6',
  'libxml2.so': 'libxml2',
};

const name = '[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}';
const commandPatterns: readonly RegExp[] = [
  // bash, with the script and line before; dash says `not found` only.
  new RegExp(`(?:^|[\\s:])(${name}): command not found`),
  new RegExp(`: \\d+: (${name}): not found`),
  new RegExp(`Unable to locate executable file: (${name})`),
  new RegExp(`exec: "(${name})": executable file not found in \\$PATH`),
  new RegExp(`/usr/bin/env: ['‘](${name})['’]: No such file or directory`),
  new RegExp(`\\bspawn (${name}) ENOENT`),
];
const libraryPatterns: readonly RegExp[] = [
  /Error loading shared library (lib[^\s:]{1,80}): No such file or directory/,
  /\b(lib[A-Za-z0-9_+.-]{1,80}\.so[.\d]*): cannot open shared object file/,
];

/** Undefined when the line tells of none. */
export function missingPiece(line: string): MissingPiece | undefined {
  const command = firstGroup(line, commandPatterns);
  if (command !== undefined) return pieceOf('command', command, packageOfCommand);
  const library = firstGroup(line, libraryPatterns);
  if (library === undefined) return undefined;
  return pieceOf('library', library, packageOfLibrary, library.replace(/\.so[.\d]*/, '.so'));
}

/** @param listed as the table has it. Lines may name anything, also what every object has (`toString`). */
function pieceOf(
  kind: MissingPiece['kind'],
  found: string,
  packages: Readonly<Record<string, string>>,
  listed = found,
): MissingPiece {
  const known = Object.hasOwn(packages, listed) ? packages[listed] : undefined;
  return { kind, name: found, ...(known !== undefined && { package: known }) };
}

const firstGroup = (line: string, patterns: readonly RegExp[]): string | undefined =>
  patterns.map((pattern) => pattern.exec(line)?.[1]).find((found) => found !== undefined);
