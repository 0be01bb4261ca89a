import { expect, it } from 'vitest';
import { cliProgram } from './cli-program.ts';

it.each([
  [['agent', 'install', '--token-file', '/root/token', '--json']],
  [['doctor', '--help']],
  [['server', '--version']],
])('the words after a program’s name are that program’s own: %j', async ([name = '', ...rest]) => {
  const started: unknown[] = [];
  const program = cliProgram(
    '1.2.3',
    async () => expect.fail('the control plane was asked'),
    async (...call) => void started.push(call),
  );
  await program.parseAsync([name, ...rest], { from: 'user' });
  expect(started).toEqual([[name, rest]]);
  expect(program.opts()).toEqual({});
});
