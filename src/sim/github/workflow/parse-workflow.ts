// A workflow file becomes a `Workflow`, or a list of annotations that say what is wrong and on which line. What GitHub
// would run and this simulator cannot is an annotation too: nothing is silently left out.

import type { Annotation } from '../state.ts';
import {
  convertWorkflowTemplate,
  getWorkflowSchema,
  NoOperationTraceWriter,
  parseWorkflow as parseFile,
  readTemplate,
  StringToken,
  TemplateContext,
  TemplateValidationErrors,
  WORKFLOW_ROOT,
  YamlObjectReader,
} from './parser-module.ts';
import { readWorkflow } from './read-workflow.ts';
import type { Workflow } from './workflow.ts';

export type ParsedWorkflow =
  | { kind: 'workflow'; workflow: Workflow }
  | { kind: 'invalid'; name: string | undefined; annotations: readonly Annotation[] };

/** @param path where the file lies in its repository, such as `.github/workflows/ci.yml` */
export async function parseWorkflow(path: string, content: string): Promise<ParsedWorkflow> {
  const trace = new NoOperationTraceWriter();
  const checked = parseFile({ name: path, content }, trace);
  if (checked.value !== undefined) await convertWorkflowTemplate(checked.context, checked.value);
  const errors = checked.context.errors.getErrors();
  if (errors.length > 0 || checked.value === undefined) {
    const annotations = errors.map((error) => ({
      line: error.range?.start.line,
      column: error.range?.start.column,
      message: error.rawMessage,
    }));
    return { kind: 'invalid', name: undefined, annotations };
  }
  const { context, root } = readValues(path, content);
  const template = await convertWorkflowTemplate(context, root);
  const { workflow, unsupported } = readWorkflow(path, root, template);
  return unsupported.length === 0
    ? { kind: 'workflow', workflow }
    : { kind: 'invalid', name: workflow.name, annotations: unsupported };
}

/**
 * Reads the file a second time for its values. The parser takes the text of a block scalar that holds an expression from
 * the source, indentation included, which keeps its error positions right and the script wrong; a literal without its
 * source makes it use the value.
 */
function readValues(path: string, content: string) {
  const context = new TemplateContext(
    new TemplateValidationErrors(),
    getWorkflowSchema(),
    new NoOperationTraceWriter(),
  );
  const fileId = context.getFileId(path);
  const reader = new YamlObjectReader(fileId, content);
  const allowLiteral = reader.allowLiteral.bind(reader);
  reader.allowLiteral = () => {
    const literal = allowLiteral();
    return literal instanceof StringToken
      ? new StringToken(literal.file, literal.range, literal.value, literal.definitionInfo)
      : literal;
  };
  const root = readTemplate(context, WORKFLOW_ROOT, reader, fileId);
  if (root === undefined) throw new Error(`bug: ${path} was readable once and is not any more`);
  return { context, root };
}
