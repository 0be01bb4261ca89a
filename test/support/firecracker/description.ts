// Firecracker's own description of its API, as one release has it, and whether a call keeps to it.

import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { additions } from './releases.ts';
import { isAtLeast, type Release } from './settings.ts';

const file = new URL('../../fixtures/firecracker-api/firecracker.yaml', import.meta.url);

interface Definition {
  type?: string;
  properties?: Record<string, unknown>;
  additionalProperties?: unknown;
}

interface Operation {
  parameters?: { in: string; required?: boolean; schema?: { $ref: string } }[];
}

export interface Description {
  paths: Record<string, Record<string, Operation>>;
  definitions: Record<string, Definition>;
}

/** Of one release: what it does not know yet is taken out, and what is not named is not allowed. */
export function describe(release: Release): Description {
  const { paths, definitions }: Description = parse(readFileSync(file, 'utf8'));
  for (const { since, what } of additions) {
    if (isAtLeast(release, since)) continue;
    if ('path' in what) delete paths[what.path];
    else delete definitions[what.definition]?.properties?.[what.property];
  }
  for (const definition of Object.values(definitions))
    if (definition.properties !== undefined) definition.additionalProperties ??= false;
  return { paths, definitions };
}

/** Once for each release: reading YAML takes longer than a stand-in's whole start should. */
export function writeDescription(release: Release, path: string): void {
  writeFileSync(path, JSON.stringify(describe(release)));
}

export class DescribedApi {
  readonly #description: Description;
  // Firecracker's formats are integers' widths, and one that is no format.
  readonly #ajv = new Ajv({ strict: false, validateFormats: false });
  readonly #known = new Map<string, ValidateFunction>();

  constructor(description: Description) {
    this.#description = description;
    this.#ajv.addSchema({ definitions: description.definitions }, 'api');
  }

  /** The path template of a call, such as `/drives/{drive_id}`; undefined when there is no such call. */
  template(method: string, path: string): string | undefined {
    return Object.entries(this.#description.paths).find(
      ([template, item]) => matches(template, path) && method.toLowerCase() in item,
    )?.[0];
  }

  /** What is wrong with a call; undefined when it is as described. */
  problem(method: string, path: string, body: unknown): string | undefined {
    const template = this.template(method, path);
    if (template === undefined) return `Invalid request method and/or path: ${method} ${path}.`;
    const operation = this.#description.paths[template]?.[method.toLowerCase()];
    const parameter = operation?.parameters?.find((one) => one.in === 'body');
    if (parameter?.schema === undefined) return undefined;
    const pointer = `api${parameter.schema.$ref}`;
    const validate = this.#known.get(pointer) ?? this.#ajv.compile({ $ref: pointer });
    this.#known.set(pointer, validate);
    if (validate(body)) return undefined;
    const [first] = validate.errors ?? [];
    const unknown: unknown = first?.params.additionalProperty;
    return unknown === undefined
      ? `An error occurred when deserializing the json body of a request: ${first?.instancePath} ${first?.message}.`
      : `An error occurred when deserializing the json body of a request: unknown field \`${String(unknown)}\`.`;
  }
}

function matches(template: string, path: string): boolean {
  const wanted = template.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith('{') || part === given[index])
  );
}
