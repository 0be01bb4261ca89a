import { describe, expect, it } from 'vitest';
import { evaluate, resolve } from './expressions.ts';
import { parseWorkflow } from './parse-workflow.ts';
import { field, type Workflow } from './workflow.ts';

async function read(yaml: string): Promise<Workflow> {
  const parsed = await parseWorkflow('ci.yml', yaml);
  if (parsed.kind !== 'workflow') throw new Error(JSON.stringify(parsed.annotations));
  return parsed.workflow;
}

async function complaints(yaml: string) {
  const parsed = await parseWorkflow('ci.yml', yaml);
  return parsed.kind === 'invalid' ? parsed.annotations : [];
}

describe('a workflow file', () => {
  it('keeps a script with expressions as the author wrote it, without the indentation of the file', async () => {
    const workflow = await read(`
on: push
jobs:
  build:
    runs-on: x
    steps:
      - run: |
          echo "a {b} \${{ github.sha }}"
            it's indented
      - run: >-
          folded
          text \${{ github.ref }}
`);
    const [script, folded] = workflow.jobs[0]?.steps ?? [];
    const contexts = { github: { sha: 'abc', ref: 'main' } };
    expect(resolve(script?.run, contexts)).toBe('echo "a {b} abc"\n  it\'s indented\n');
    expect(resolve(folded?.run, contexts)).toBe('folded text main');
  });

  it('writes success() into conditions that name no status function', async () => {
    const workflow = await read(`
on: push
jobs:
  a:
    runs-on: x
    steps:
      - run: 'true'
      - if: github.ref == 'x'
        run: 'true'
      - if: \${{ failure() || github.ref == 'x' }}
        run: 'true'
`);
    const conditions = workflow.jobs[0]?.steps.map((step) => step.condition);
    expect(conditions).toEqual([
      'success()',
      "success() && (github.ref == 'x')",
      "failure() || github.ref == 'x'",
    ]);
  });

  it('gives shell, directory, defaults, limits and outputs on, unevaluated', async () => {
    const workflow = await read(`
on: push
defaults: { run: { shell: sh } }
jobs:
  a:
    runs-on: [self-hosted, "\${{ matrix.os }}"]
    timeout-minutes: 5
    strategy: { matrix: { os: [linux] } }
    outputs: { out: "\${{ steps.s.outputs.v }}" }
    steps:
      - { id: s, run: ls, shell: python, working-directory: /tmp, continue-on-error: true }
      - uses: actions/checkout@v4
`);
    const job = workflow.jobs[0];
    expect(field(field(workflow.defaults, 'run'), 'shell')).toBe('sh');
    expect(job?.timeoutMinutes).toBe(5);
    expect(resolve(job?.runsOn, { matrix: { os: 'linux' } })).toEqual(['self-hosted', 'linux']);
    expect(field(job?.outputs, 'out')).toEqual({ type: 3, expr: 'steps.s.outputs.v' });
    expect(job?.steps[0]).toMatchObject({ id: 's', shell: 'python', workingDirectory: '/tmp' });
    expect(job?.steps[1]).toMatchObject({ run: undefined, uses: 'actions/checkout@v4' });
  });
});

describe('a workflow file with an error', () => {
  it('names the line of each mistake', async () => {
    const found = await complaints(`on: push
jobs:
  a:
    runs-on: x
    steps:
      - runn: x
      - run: |
          echo
          echo \${{ foo.bar }}
`);
    expect(found.map(({ line, message }) => [line, message])).toEqual([
      [6, "Unexpected value 'runn'"],
      [6, expect.stringContaining('not enough info')],
      [9, "Unrecognized named-value: 'foo'"],
    ]);
  });

  it('says that a needed job does not exist', async () => {
    const found = await complaints(
      'on: push\njobs:\n  a: {runs-on: x, steps: [{run: x}]}\n  b: {needs: c, runs-on: x, steps: [{run: x}]}\n',
    );
    expect(found).toMatchObject([{ line: 4, message: "Job 'b' depends on unknown job 'c'." }]);
  });

  it('says that it is not YAML', async () => {
    expect(await complaints('on: push\njobs:\n  a: [')).not.toEqual([]);
  });

  it('says what the simulator cannot do, rather than leaving it out', async () => {
    const found = await complaints(`on: push
jobs:
  a:
    runs-on: x
    container: node:24
    steps:
      - uses: actions/setup-node@v4
`);
    expect(found).toMatchObject([
      { line: 5, message: 'The simulator does not support `container` in a job.' },
      { line: 7, message: expect.stringContaining('actions/setup-node@v4') },
    ]);
  });
});

describe('an expression', () => {
  it('knows contexts, operators and functions, built in and given', () => {
    const contexts = { github: { ref: 'r' }, matrix: { n: 2, list: ['a', 'b'] } };
    expect(evaluate("format('{0}-{1}', github.ref, matrix.n > 1)", contexts)).toBe('r-true');
    expect(evaluate("fromJSON('[1,2]')[1]", contexts)).toBe(2);
    expect(evaluate("contains(matrix.list, 'b') && !failed()", contexts, { failed: () => false })).toBe(true);
    expect(evaluate('matrix.list', contexts)).toEqual(['a', 'b']);
    expect(() => evaluate('nothing.there', contexts)).toThrow();
  });
});
