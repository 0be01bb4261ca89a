import { describe, expect, it } from 'vitest';
import { classifyFailure } from './failure-class.ts';
import { missingPiece } from './missing-pieces.ts';

describe('a missing piece', () => {
  it.each([
    ['/home/runner/_work/_temp/1.sh: line 1: unzip: command not found', 'command', 'unzip', 'unzip'],
    ['bash: xvfb-run: command not found', 'command', 'xvfb-run', 'xvfb'],
    ['/bin/sh: 1: make: not found', 'command', 'make', 'build-essential'],
    ['exec: "gcc": executable file not found in $PATH', 'command', 'gcc', 'build-essential'],
    ["/usr/bin/env: 'python': No such file or directory", 'command', 'python', 'python-is-python3'],
    ['Error: spawn jq ENOENT', 'command', 'jq', 'jq'],
    [
      'tool: error while loading shared libraries: libpq.so.5: cannot open shared object file',
      'library',
      'libpq.so.5',
      'libpq5',
    ],
    ['line 3: our-own-tool: command not found', 'command', 'our-own-tool', undefined],
    // What every object has is no package.
    ['line 3: toString: command not found', 'command', 'toString', undefined],
    ['line 3: constructor: command not found', 'command', 'constructor', undefined],
    [
      'x: error while loading shared libraries: libours.so.2: cannot open shared object file',
      'library',
      'libours.so.2',
      undefined,
    ],
    [
      'ImportError: libGL.so.1: cannot open shared object file: No such file',
      'library',
      'libGL.so.1',
      'libgl1',
    ],
  ])('%s', (line, kind, name, named) => {
    expect(missingPiece(line)).toStrictEqual({ kind, name, ...(named !== undefined && { package: named }) });
  });

  it('is named in the advice', () => {
    const { advice } = classifyFailure({ vmWords: [], logTail: ['x.sh: line 1: unzip: command not found'] });
    expect(advice).toBe('Add unzip to the image: it brings the command unzip.');
  });

  it('is none where a line tells of none', () => {
    expect(missingPiece('a test was not found')).toBeUndefined();
  });
});

describe('the package that brings', () => {
  it.each([
    ['awscli', 'aws'],
    ['bc', 'bc'],
    ['build-essential', 'cc', 'g++', 'gcc', 'make'],
    ['bzip2', 'bzip2'],
    ['clang', 'clang'],
    ['cmake', 'cmake'],
    ['curl', 'curl'],
    ['default-jdk', 'java'],
    ['default-mysql-client', 'mysql'],
    ['dnsutils', 'dig'],
    ['ffmpeg', 'ffmpeg'],
    ['file', 'file'],
    ['gettext-base', 'envsubst'],
    ['gh', 'gh'],
    ['git', 'git'],
    ['git-lfs', 'git-lfs'],
    ['gnupg', 'gpg'],
    ['imagemagick', 'convert'],
    ['jq', 'jq'],
    ['lsb-release', 'lsb_release'],
    ['maven', 'mvn'],
    ['netcat-openbsd', 'nc'],
    ['ninja-build', 'ninja'],
    ['nodejs', 'node'],
    ['npm', 'npm', 'npx'],
    ['openssh-client', 'ssh', 'ssh-agent'],
    ['php-cli', 'php'],
    ['pkg-config', 'pkg-config'],
    ['postgresql-client', 'psql'],
    ['protobuf-compiler', 'protoc'],
    ['python-is-python3', 'python'],
    ['python3', 'python3'],
    ['python3-pip', 'pip', 'pip3'],
    ['rsync', 'rsync'],
    ['ruby', 'ruby'],
    ['shellcheck', 'shellcheck'],
    ['sudo', 'sudo'],
    ['tar', 'tar'],
    ['tree', 'tree'],
    ['unzip', 'unzip'],
    ['wget', 'wget'],
    ['xvfb', 'xvfb-run'],
    ['xz-utils', 'xz'],
    ['zip', 'zip'],
    ['zstd', 'zstd'],
  ])('%s, for a command', (named, ...commands) => {
    for (const command of commands)
      expect(missingPiece(`bash: line 1: ${command}: command not found`)?.package).toBe(named);
  });

  it.each([
    ['libasound2', 'libasound.so.2'],
    ['libatk1.0-0', 'libatk-1.0.so.0'],
    ['libatomic1', 'libatomic.so.1'],
    ['libevent-2.1-7', 'libevent-2.1.so.7'],
    ['libgbm1', 'libgbm.so.1'],
    ['libgl1', 'libGL.so.1'],
    ['libglib2.0-0', 'libglib-2.0.so.0'],
    ['libgtk-3-0', 'libgtk-3.so.0'],
    ['libicu-dev', 'libicuuc.so.72'],
    ['libnss3', 'libnss3.so'],
    ['libpq5', 'libpq.so.5'],
    ['libssl3', 'libssl.so.3'],
    ['libstdc++6', 'libstdc++.so.6'],
    ['libxml2', 'libxml2.so.2'],
  ])('%s, for a library', (named, library) => {
    expect(
      missingPiece(`x: error while loading shared libraries: ${library}: cannot open shared object file`)
        ?.package,
    ).toBe(named);
  });

  it('is not that of a dotnet: Debian has none', () => {
    expect(missingPiece('bash: line 1: dotnet: command not found')).toStrictEqual({
      kind: 'command',
      name: 'dotnet',
    });
  });
});
