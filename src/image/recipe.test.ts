import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isPattern, parsePackageList } from './recipe.ts';

it('a package list has one name on a line, and remarks', () => {
  expect(parsePackageList('# tools\nzip\n\ngit # for checkout\nzip\n')).toEqual(['git', 'zip']);
});

it('a line that is no name is refused by its number', () => {
  expect(() => parsePackageList('git\ncurl; rm -rf /\n')).toThrow(/^line 2 .*"curl; rm -rf \/"/);
  expect(() => parsePackageList('git curl\n')).toThrow(/^line 1/);
});

it('a name that differs between Debians may be a pattern, and nothing else of apt', () => {
  const [pattern = ''] = parsePackageList('~n^libicu[0-9]+$ # 72, 76\n');
  expect(pattern).toBe('~n^libicu[0-9]+$');
  expect([isPattern(pattern), isPattern('libicu-dev')]).toEqual([true, false]);
  expect(parsePackageList('~n^a[.]io$|~n^a-cli$')).toEqual(['~n^a[.]io$|~n^a-cli$']);
  for (const other of ['~i', '~n.', '?all', '~n^a$|~i']) {
    expect(() => parsePackageList(other)).toThrow(/^line 1/);
  }
});

it('the default list names no package by a version that only one Debian has', () => {
  const list = parsePackageList(readFileSync('images/default/packages.list', 'utf8'));
  expect(list.filter((name) => /^lib[a-z-]+[0-9]{2,}$/.test(name))).toEqual([]);
});

it('the default list holds what a job expects', () => {
  const list = parsePackageList(readFileSync('images/default/packages.list', 'utf8'));
  for (const name of [
    'build-essential',
    'curl',
    'docker.io',
    'git',
    'jq',
    'nodejs',
    'openssh-server',
    'python3',
    'sudo',
    'unzip',
  ])
    expect(list).toContain(name);
});
