// The OpenAPI document as the server gives it: whole, consistent, and with examples that its own schemas let through.

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noAudit } from '../../../test/support/no-audit.ts';
import type { Log } from '../../ports/log.ts';
import { apiPrefix } from '../../wire/api/endpoint.ts';
import { type EndpointName, endpoints } from '../../wire/api/endpoints.ts';
import { apiExamples } from '../../wire/api/examples.ts';
import type { ApiDocument, Operation } from './openapi.ts';
import { createHttpServer, type HttpServer } from './server.ts';

const log: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };
const nothing = { stop() {} };

let server: HttpServer;
let base: string;
let document: ApiDocument;
let operations: { path: string; method: string; operation: Operation }[];

beforeAll(async () => {
  server = await createHttpServer({
    webhook: async () => ({ status: 202, text: '' }),
    api: {} as never,
    live: { since: () => ({ changed: [], position: 'x.0' }), onNews: () => nothing },
    audit: noAudit,
    identify: async () => undefined,
    log,
  });
  base = `http://127.0.0.1:${(await server.listen({ host: '127.0.0.1', port: 0 })).port}${apiPrefix}`;
  document = (await (await fetch(`${base}/openapi.json`)).json()) as ApiDocument;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
});
afterAll(() => server.close());

/** Every object in a JSON value. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

const validator = (): Ajv2020 => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'document', ...document });
  return ajv;
};
const rooted = (schema: unknown): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components'));

it('is a page to read, whose links hold also where there is no certificate', async () => {
  const page = await fetch(`${base}/docs`);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'/);
  expect(page.headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
  const text = await page.text();
  for (const { path } of operations) expect(text).toContain(path);
});

describe('the OpenAPI document', () => {
  it('has every endpoint, and the stream, under a name of its own', () => {
    const names = operations.map(({ operation }) => operation.operationId);
    expect(names.toSorted()).toEqual([...Object.keys(endpoints), 'live'].sort());
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it('points at nothing that is not there', () => {
    const refs = [...objectsIn(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of new Set(refs)) {
      const found = ref
        .slice(2)
        .split('/')
        .reduce<unknown>((value, part) => Object(value)[part], document);
      expect(found, ref).toBeDefined();
    }
  });

  it('declares the parameters of every path, and words for every answer', () => {
    for (const { path, operation } of operations) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (operation.parameters ?? []).filter((one) => one.in === 'path');
      expect(declared.map(({ name }) => name).sort(), path).toEqual(wanted.sort());
      expect(
        declared.every(({ required }) => required),
        path,
      ).toBe(true);
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^(\d{3}|default)$/);
        expect(response.description, `${path} ${status}`).not.toBe('');
      }
    }
  });

  it('tells how to say who one is, wherever that is asked', () => {
    const schemes = Object.keys(Object(document.components?.securitySchemes));
    for (const { operation } of operations) {
      const { operationId, security = [] } = operation;
      const isOpen = operationId !== 'live' && endpoints[operationId as EndpointName].access === 'anyone';
      expect([operationId, (security as object[]).length > 0]).toEqual([operationId, !isOpen]);
      for (const one of security as object[]) expect(schemes).toContain(Object.keys(one)[0]);
      expect('401' in operation.responses).toBe(!isOpen);
    }
  });

  it('has schemas that are JSON Schema 2020-12, all of them', () => {
    const ajv = validator();
    const schemas = [...objectsIn(document.paths)].flatMap(({ schema }) => (schema ? [schema] : []));
    expect(schemas.length).toBeGreaterThan(operations.length);
    for (const schema of schemas) expect(() => ajv.compile(rooted(schema))).not.toThrow();
  });

  it('has examples that its schemas let through', () => {
    const ajv = validator();
    let seen = 0;
    for (const { schema, example } of objectsIn(document.paths)) {
      if (schema === undefined || example === undefined) continue;
      seen += 1;
      expect(ajv.validate(rooted(schema), example), ajv.errorsText()).toBe(true);
    }
    const wanted = Object.values(apiExamples).flatMap(({ answer, body }) => [answer, body].filter(Boolean));
    expect(seen).toBe(wanted.length + 1);
  });
});

describe('the reference page', () => {
  it('shows every endpoint, and asks nothing of anybody else', async () => {
    const response = await fetch(`${base}/docs`);
    const html = await response.text();
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    for (const { operation } of operations) expect(html).toContain(`<section id="${operation.operationId}">`);
    expect(html).not.toMatch(/<script|<link|src=|@import|url\(/);
    expect(html).toContain('prefers-color-scheme: dark');
    expect(response.headers.get('content-security-policy')).toContain(
      "style-src 'self' https: 'unsafe-inline'",
    );
  });
});
