// What the OpenAPI document says besides the schemas: who may call, how one says who one is, what is refused, examples.

import type { AccessRule } from '../../domain/access/caller.ts';
import { apiPrefix, type Endpoint, nothing } from '../../wire/api/endpoint.ts';
import { type EndpointName, endpoints } from '../../wire/api/endpoints.ts';
import { apiExamples } from '../../wire/api/examples.ts';
import { live, liveTopics } from '../../wire/api/live.ts';

/** As much of a document as is touched here. */
export interface ApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  components?: Record<string, unknown>;
  paths: Record<string, Record<string, Operation>>;
}
export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  parameters?: readonly { name: string; in: string; required?: boolean; schema?: unknown }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, Response>;
  security?: unknown;
}
interface Content {
  schema?: unknown;
  example?: unknown;
}
interface Response {
  description?: string;
  headers?: unknown;
  content?: Record<string, Content>;
  $ref?: string;
}

export const apiInfo = {
  title: 'Bellows',
  version: '1',
  description:
    'Everything that the dashboard and the command line do. A member sees what belongs to their accounts; the rest answers as what does not exist.',
};

export const apiComponents = {
  securitySchemes: {
    token: {
      type: 'http',
      scheme: 'bearer',
      description: "The operators' token, or one that `bellows token create` made.",
    },
  },
} as const;

/** The schema of what a route does not take says only that it must be empty, which the document would show as parameters. */
export const withoutNothing = <Schema extends object>(schema: Schema): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== nothing)) as Schema;

const who: Readonly<Record<AccessRule, string>> = {
  anyone: 'For anyone.',
  self: 'For whoever is signed in, about themselves.',
  member: 'For whoever sees at least one account; what belongs to others is left out.',
  'operator-of': 'For operators, for accounts that they see.',
  operator: 'For operators who see everything.',
};

const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
const refusal = (description: string): Response => ({ description, content: problemContent });

/** A copy with all of it, plain as JSON makes it. @param made what the schemas alone say. */
export function wholeDocument(made: object): ApiDocument {
  const document: ApiDocument = JSON.parse(JSON.stringify(made));
  document.components = {
    ...document.components,
    schemas: { ...Object(document.components?.schemas), Problem: problemSchema },
  };
  const all: [string, Endpoint][] = [...Object.entries(endpoints), ['live', live]];
  for (const [name, endpoint] of all) {
    const path = apiPrefix + endpoint.path.replace(/:(\w+)/g, '{$1}');
    const operation = document.paths[path]?.[endpoint.method.toLowerCase()];
    if (operation !== undefined) fill(operation, name, endpoint);
  }
  return document;
}

function fill(operation: Operation, name: string, endpoint: Endpoint): void {
  operation.description = who[endpoint.access];
  const good = operation.responses['200'];
  const examples = apiExamples[name as EndpointName];
  if (good !== undefined) {
    good.description = 'It went well.';
    const content = good.content?.['application/json'];
    if (content !== undefined && examples?.answer !== undefined) content.example = examples.answer;
  }
  const body = operation.requestBody?.content['application/json'];
  if (body !== undefined && examples?.body !== undefined) body.example = examples.body;
  if (name === 'live') operation.responses['200'] = liveResponse;
  else if (endpoint.method === 'GET')
    operation.responses['304'] = { description: 'What `If-None-Match` names is still so.' };
  operation.responses['400'] = refusal('A parameter or the body is wrong.');
  if (endpoint.access !== 'anyone') {
    operation.responses['401'] = refusal('No token, or one that is no good.');
    operation.responses['403'] = refusal('Not allowed.');
  }
  if (endpoint.path.includes(':')) operation.responses['404'] = refusal('Not there, or not yours.');
  operation.responses['429'] = refusal('Too many calls in a minute.');
  operation.responses['503'] = refusal('What is needed for it cannot be reached now.');
  operation.responses.default = refusal('Anything else that went wrong.');
}

const liveResponse: Response = {
  description: 'Events called `changed`, each with a JSON object as its data.',
  content: {
    'text/event-stream': {
      schema: { type: 'string' },
      example: `id: a.7\nevent: changed\ndata: ${JSON.stringify({ changed: liveTopics.slice(0, 2) })}\n\n`,
    },
  },
};

const problemSchema = {
  type: 'object',
  description: 'RFC 9457',
  properties: {
    status: { type: 'integer' },
    title: { type: 'string', description: 'The same for every problem of its kind.' },
    detail: { type: 'string', description: 'What happened here, and what to do.' },
  },
  required: ['status', 'title', 'detail'],
  example: { status: 404, title: 'No such job', detail: 'We know no job 7. See them: bellows jobs' },
} as const;
