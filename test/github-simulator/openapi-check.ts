// GitHub's own description of its REST API, as far as we use it, and whether an answer keeps to it.

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { Answered } from './octocat.ts';

const file = new URL('../fixtures/github-openapi/openapi.json', import.meta.url);

export class OpenApiCheck {
  readonly #description: { paths: Record<string, Record<string, { responses: Record<string, unknown> }>> };
  readonly #ajv = new Ajv({ strict: false, allErrors: true });
  readonly #checked = new Set<string>();

  constructor() {
    this.#description = JSON.parse(readFileSync(file, 'utf8'));
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(this.#description, 'github');
  }

  /** What is wrong with the answer to a call of this path template; empty when it is as described. */
  problems(method: string, template: string, { status, body }: Answered): string[] {
    const name = `${method} ${template}`;
    const verb = method.toLowerCase();
    const response = this.#description.paths[template]?.[verb]?.responses[status];
    if (response === undefined) return [`${name} is not described with status ${status}`];
    this.#checked.add(name);
    const pointer = ['paths', template, verb, 'responses', String(status)];
    const content = contentOf(response);
    if (content === undefined) return body === '' || isEmpty(body) ? [] : [`${name} ${status} gives a body`];
    const path = [...pointer, 'content', 'application/json', 'schema'].map(escapePointer).join('/');
    const schema =
      content === 'own' ? `github#/${path}` : `github${content}/content/application~1json/schema`;
    const validate = this.#ajv.compile({ $ref: schema });
    if (validate(body)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message }) => `${name} ${status}: ${instancePath} ${message}`,
    );
  }

  /** Whether there is such a call; `path` names its parameters in any way, as `{id}` or `:id`. */
  describes(method: string, path: string): boolean {
    const unnamed = (template: string): string => template.replace(/\{\w+\}|:\w+/g, '*');
    return Object.entries(this.#description.paths).some(
      ([template, item]) => unnamed(template) === unnamed(path) && method.toLowerCase() in item,
    );
  }

  /** The described calls that no answer was checked for. */
  unchecked(): string[] {
    return Object.entries(this.#description.paths)
      .flatMap(([path, item]) => Object.keys(item).map((verb) => `${verb.toUpperCase()} ${path}`))
      .filter((name) => !this.#checked.has(name));
  }
}

/** `own`: the schema stands here; a pointer: in a component; undefined: there is no JSON. */
function contentOf(response: unknown): 'own' | string | undefined {
  const text = JSON.stringify(response);
  const reference = /^\{"\$ref":"([^"]+)"\}$/.exec(text)?.[1];
  return reference ?? (text.includes('"application/json"') ? 'own' : undefined);
}

const escapePointer = (part: string): string =>
  encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

const isEmpty = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && Object.keys(body).length === 0;
