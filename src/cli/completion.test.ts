import { execFileSync, spawnSync } from 'node:child_process';
import { Command as Commander } from 'commander';
import { describe, expect, it } from 'vitest';
import { completionScript } from './completion.ts';
import { addClientCommands } from './program.ts';

const program = new Commander('bellows');
addClientCommands(program, async () => {});

/** What bash offers when Tab is pressed at the end of `line`. */
function offered(line: string): string[] {
  const words = line.split(' ');
  const script = `${completionScript('bash', program)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length - 1}
_bellows
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
}

describe('completion', () => {
  it.each([
    ['bellows jo', ['jobs']],
    ['bellows jobs ex', ['explain']],
    ['bellows host dr', ['drain']],
    ['bellows host drain metal-1 --fo', ['--force']],
    ['bellows vms --st', ['--state']],
    ['bellows teapot --', expect.arrayContaining(['--help'])],
  ])('of `%s` in bash', (line, words) => {
    expect(offered(line)).toEqual(words);
  });

  it('in zsh is the function of bash, and in fish one of its own', () => {
    expect(completionScript('zsh', program)).toMatch(
      /^#compdef bellows\n[\s\S]*bashcompinit[\s\S]*_bellows\(\)/,
    );
    expect(completionScript('fish', program)).toContain('case "host drain"');
  });

  for (const shell of ['zsh', 'fish'] as const) {
    const isThere = spawnSync(shell, ['--version']).status === 0;
    it.skipIf(!isThere)(`is a script that ${shell} takes (skipped where ${shell} is not installed)`, () => {
      const checked = spawnSync(shell, ['-n'], { input: completionScript(shell, program) });
      expect([checked.status, String(checked.stderr)]).toEqual([0, '']);
    });
  }
});
