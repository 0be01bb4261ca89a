// Takes the paths that we use out of GitHub's OpenAPI description, with every schema that they refer to, and drops what no
// check needs: the whole is 13 MB, and its package 385 MB.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const help = `Usage: node scripts/openapi-subset.ts PACKAGE [FOLDER]

Makes the test fixture of GitHub's OpenAPI description. PACKAGE is the unpacked npm package @octokit/openapi:

  npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
  node scripts/openapi-subset.ts package

FOLDER is where the fixture goes; test/fixtures/github-openapi when left out.
`;

const methods = ['get', 'post', 'patch', 'delete'];

/** The calls that Bellows makes and the simulator answers. */
const paths = [
  '/app',
  '/app/hook/config',
  '/app/hook/deliveries',
  '/app/hook/deliveries/{delivery_id}',
  '/app/hook/deliveries/{delivery_id}/attempts',
  '/app/installations',
  '/app/installations/{installation_id}',
  '/app/installations/{installation_id}/access_tokens',
  '/installation/repositories',
  '/orgs/{org}/installation',
  '/users/{username}/installation',
  '/repos/{owner}/{repo}/installation',
  '/orgs/{org}/actions/runner-groups',
  '/user',
  '/user/memberships/orgs',
  '/user/repos',
  '/user/teams',
  '/users/{username}',
  '/users/{username}/repos',
  '/orgs/{org}',
  '/orgs/{org}/repos',
  '/repos/{owner}/{repo}/check-runs',
  '/repos/{owner}/{repo}/check-runs/{check_run_id}',
  '/repos/{owner}/{repo}/commits/{ref}/check-runs',
  ...['/orgs/{org}/actions', '/repos/{owner}/{repo}/actions'].flatMap((base) => [
    `${base}/runners`,
    `${base}/runners/generate-jitconfig`,
    `${base}/runners/{runner_id}`,
  ]),
  ...[
    'runs',
    'runs/{run_id}',
    'runs/{run_id}/jobs',
    'runs/{run_id}/attempts/{attempt_number}/jobs',
    'runs/{run_id}/rerun',
    'runs/{run_id}/rerun-failed-jobs',
    'runs/{run_id}/cancel',
    'runs/{run_id}/force-cancel',
    'jobs/{job_id}',
    'jobs/{job_id}/logs',
    'jobs/{job_id}/rerun',
  ].map((rest) => `/repos/{owner}/{repo}/actions/${rest}`),
];

/** Described beside those, and made by nobody here. */
const unused = [
  'delete /app/installations/{installation_id}',
  'post /orgs/{org}/actions/runner-groups',
  'delete /repos/{owner}/{repo}/actions/runs/{run_id}',
  'patch /user',
  'post /user/repos',
  'patch /orgs/{org}',
  'delete /orgs/{org}',
  'post /orgs/{org}/repos',
];

type Json = Record<string, unknown>;
const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? { ...value } : {});

/** Without prose and examples, and mended. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, item]) =>
      !['example', 'examples', 'externalDocs', 'x-github'].includes(key) &&
      !(key === 'description' && typeof item === 'string'),
  );
  return mended(Object.fromEntries(kept.map(([key, item]) => [key, bare(item)])));
}

/**
 * What a validator of JSON Schema does not take as it is meant: `nullable` counts only beside a type, and does not put null
 * into an `enum`; and in one list of installations GitHub asks an account to be a user and an enterprise at once, where
 * everywhere else it may be either.
 */
function mended({ nullable, allOf, ...rest }: Json): Json {
  const titles = Array.isArray(allOf) ? allOf.map((schema) => record(schema).title) : [];
  const isEither = titles.includes('Simple User') && titles.includes('Enterprise');
  const schema = { ...rest, ...(allOf === undefined ? {} : { [isEither ? 'anyOf' : 'allOf']: allOf }) };
  if (nullable !== true) return schema;
  if (!('type' in rest)) return { anyOf: [schema, { enum: [null] }] };
  const choices = Array.isArray(rest.enum) ? { enum: [...new Set([...rest.enum, null])] } : {};
  return { ...schema, nullable, ...choices };
}

function subset(whole: Json): Json {
  const chosen: Json = {};
  for (const path of paths) {
    const item = record(record(whole.paths)[path]);
    if (Object.keys(item).length === 0) throw new Error(`GitHub describes no ${path} any more`);
    const operations = methods.filter((method) => method in item && !unused.includes(`${method} ${path}`));
    chosen[path] = Object.fromEntries(
      operations.map((method) => [method, { responses: bare(record(item[method]).responses) }]),
    );
  }
  const components: Record<string, Json> = {};
  const follow = (value: unknown): void => {
    for (const [, kind = '', name = ''] of JSON.stringify(value).matchAll(
      /"#\/components\/([^/"]+)\/([^"]+)"/g,
    )) {
      components[kind] ??= {};
      const kept = components[kind];
      if (name in kept) continue;
      kept[name] = bare(record(record(whole.components)[kind])[name]);
      follow(kept[name]);
    }
  };
  follow(chosen);
  // Examples were dropped, and the references to them with their keys.
  delete components.examples;
  return { openapi: whole.openapi, info: bare(whole.info), paths: chosen, components };
}

function main(): void {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  const [from, to = 'test/fixtures/github-openapi'] = positionals;
  if (values.help === true || from === undefined) {
    process.stdout.write(help);
    process.exitCode = values.help === true ? 0 : 1;
    return;
  }
  const whole = record(JSON.parse(readFileSync(join(from, 'generated/api.github.com.json'), 'utf8')));
  const file = join(to, 'openapi.json');
  mkdirSync(dirname(file), { recursive: true });
  const text = `${JSON.stringify(subset(whole))}\n`;
  writeFileSync(file, text);
  writeFileSync(join(to, 'LICENSE'), readFileSync(join(from, 'LICENSE'), 'utf8'));
  console.log(`${file}: ${paths.length} paths, ${Math.round(text.length / 1024)} KiB`);
}

main();
