import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parsePackageList } from './recipe.ts';

it('a package list has one name on a line, and remarks', () => {
  expect(parsePackageList('# tools\nzip\n\ngit # for checkout\nzip\n')).toEqual(['git', 'zip']);
});

it('a line that is no name is refused by its number', () => {
  expect(() => parsePackageList('git\ncurl; rm -rf /\n')).toThrow(/^line 2 .*"curl; rm -rf \/"/);
  expect(() => parsePackageList('git curl\n')).toThrow(/^line 1/);
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
