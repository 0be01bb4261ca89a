// From the parser's tokens to our `Workflow`. The parser's model leaves out defaults, shells and time limits, so those are
// read from the tokens; conditions are taken from the model, which writes `success()` into them.

import type { WorkflowTemplate } from '@actions/workflow-parser';
import type { Step } from '@actions/workflow-parser/model/workflow-template';
import type {
  MappingToken,
  TemplateToken as ParserToken,
} from '@actions/workflow-parser/templates/tokens/index';
import type { Annotation } from '../state.ts';
import type { JobDefinition, StepDefinition, TemplateToken, Workflow } from './workflow.ts';

type Notes = Annotation[];

export function readWorkflow(
  path: string,
  root: ParserToken,
  template: WorkflowTemplate,
): { workflow: Workflow; unsupported: readonly Annotation[] } {
  const unsupported: Notes = [];
  const file = root.assertMapping('workflow');
  const jobs = find(file, 'jobs')?.assertMapping('jobs');
  const definitions: JobDefinition[] = [];
  if (jobs) {
    for (const [index, { key, value }] of [...jobs].entries()) {
      const model = template.jobs[index];
      if (model === undefined) throw new Error(`bug: job ${key.toString()} is not in the parser's model`);
      const needs = (model.needs ?? []).map((need) => need.value);
      const steps = model.type === 'job' ? model.steps : [];
      const mapping = value.assertMapping('job');
      definitions.push({
        key: key.toString(),
        line: key.range?.start.line ?? 0,
        needs,
        condition: model.if.expression,
        ...readJob(mapping, steps, unsupported),
      });
    }
  }
  const workflow: Workflow = {
    name: nameOf(find(file, 'name')),
    path,
    env: plain(find(file, 'env')),
    defaults: plain(find(file, 'defaults')),
    jobs: definitions,
  };
  return { workflow, unsupported };
}

type JobBody = Omit<JobDefinition, 'key' | 'line' | 'needs' | 'condition'>;

function readJob(job: MappingToken, steps: readonly Step[], notes: Notes): JobBody {
  for (const key of ['uses', 'container', 'services', 'snapshot']) {
    const value = find(job, key);
    if (value) note(notes, value, `The simulator does not support \`${key}\` in a job.`);
  }
  const tokens = find(job, 'steps');
  const stepTokens = tokens ? [...tokens.assertSequence('steps')] : [];
  const runsOn = plain(find(job, 'runs-on'));
  return {
    name: plain(find(job, 'name')),
    runsOn: runsOn ?? null,
    strategy: plain(find(job, 'strategy')),
    environment: plain(find(job, 'environment')),
    env: plain(find(job, 'env')),
    defaults: plain(find(job, 'defaults')),
    outputs: plain(find(job, 'outputs')),
    timeoutMinutes: plain(find(job, 'timeout-minutes')),
    continueOnError: plain(find(job, 'continue-on-error')),
    steps: stepTokens.map((token, index) => readStep(token.assertMapping('step'), steps[index], notes)),
  };
}

function readStep(step: MappingToken, model: Step | undefined, notes: Notes): StepDefinition {
  const uses = find(step, 'uses');
  const run = find(step, 'run');
  if (uses && !/^actions\/checkout@./.test(uses.toString())) {
    note(
      notes,
      uses,
      `The simulator runs no actions: \`uses: ${uses.toString()}\`. Write a \`run:\` step instead.`,
    );
  } else if (!uses && !run) {
    note(notes, step, 'The simulator runs `run:` steps only.');
  }
  return {
    id: find(step, 'id')?.toString(),
    name: plain(find(step, 'name')),
    condition: model?.if?.expression ?? 'success()',
    run: plain(run),
    uses: uses?.toString(),
    shell: plain(find(step, 'shell')),
    workingDirectory: plain(find(step, 'working-directory')),
    env: plain(find(step, 'env')),
    timeoutMinutes: plain(find(step, 'timeout-minutes')),
    continueOnError: plain(find(step, 'continue-on-error')),
  };
}

const find = (mapping: MappingToken, key: string): ParserToken | undefined => mapping.find(key);

const nameOf = (token: ParserToken | undefined): string | undefined => token?.assertString('name').value;

function note(notes: Notes, token: ParserToken, message: string): void {
  notes.push({ line: token.range?.start.line, column: token.range?.start.column, message });
}

/** The token in its serialised form, in which the runner reads it. */
function plain(token: ParserToken | undefined): TemplateToken | undefined {
  return token === undefined ? undefined : (JSON.parse(JSON.stringify(token)) as TemplateToken);
}
