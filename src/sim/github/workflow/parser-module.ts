// GitHub's own workflow parser. Its ESM build imports JSON files without the attribute that Node asks for, so a resolve
// hook adds the attribute for that package alone before it is loaded.

import { registerHooks } from 'node:module';

const hooks = registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const ofParser = resolved.url.includes('/@actions/workflow-parser/') && resolved.url.endsWith('.json');
    return ofParser
      ? { ...resolved, importAttributes: { ...resolved.importAttributes, type: 'json' } }
      : resolved;
  },
});

export const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = await import(
  '@actions/workflow-parser'
);
export const { readTemplate } = await import('@actions/workflow-parser/templates/template-reader');
export const { TemplateContext, TemplateValidationErrors } = await import(
  '@actions/workflow-parser/templates/template-context'
);
export const { StringToken } = await import('@actions/workflow-parser/templates/tokens/string-token');
export const { YamlObjectReader } = await import('@actions/workflow-parser/workflows/yaml-object-reader');
export const { getWorkflowSchema } = await import('@actions/workflow-parser/workflows/workflow-schema');
export const { WORKFLOW_ROOT } = await import('@actions/workflow-parser/workflows/workflow-constants');

hooks.deregister();
