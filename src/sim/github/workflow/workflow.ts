// A workflow file as the simulator understands it: validated, values still unevaluated.

/**
 * GitHub's template tokens in their serialised form: literals, 1 sequence, 2 mapping, 3 expression. The runner gets steps,
 * environment and defaults in this form and evaluates them itself.
 */
export type TemplateToken =
  | string
  | number
  | boolean
  | null
  | { type: 1; seq: readonly TemplateToken[] }
  | { type: 2; map: readonly { Key: TemplateToken; Value: TemplateToken }[] }
  | { type: 3; expr: string };

export interface Workflow {
  name: string | undefined;
  path: string;
  env: TemplateToken | undefined;
  defaults: TemplateToken | undefined;
  jobs: readonly JobDefinition[];
}

export interface JobDefinition {
  key: string;
  line: number;
  name: TemplateToken | undefined;
  needs: readonly string[];
  /** With `success()` written in where the author named no status function. */
  condition: string;
  runsOn: TemplateToken;
  strategy: TemplateToken | undefined;
  environment: TemplateToken | undefined;
  env: TemplateToken | undefined;
  defaults: TemplateToken | undefined;
  outputs: TemplateToken | undefined;
  timeoutMinutes: TemplateToken | undefined;
  continueOnError: TemplateToken | undefined;
  steps: readonly StepDefinition[];
}

export interface StepDefinition {
  id: string | undefined;
  name: TemplateToken | undefined;
  condition: string;
  /** Undefined for `uses: actions/checkout`, which does nothing here. */
  run: TemplateToken | undefined;
  uses: string | undefined;
  shell: TemplateToken | undefined;
  workingDirectory: TemplateToken | undefined;
  env: TemplateToken | undefined;
  timeoutMinutes: TemplateToken | undefined;
  continueOnError: TemplateToken | undefined;
}

/** The value of a key of a mapping token; undefined when it is no mapping or has no such key. */
export function field(token: TemplateToken | undefined, key: string): TemplateToken | undefined {
  if (typeof token !== 'object' || token === null || token.type !== 2) return undefined;
  return token.map.find((item) => item.Key === key)?.Value;
}
