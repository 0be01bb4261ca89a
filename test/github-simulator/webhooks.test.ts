// The simulator's webhooks against the example payloads that Octokit has collected.

import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { stage } from '../../src/sim/github/stage.ts';

type Payload = Record<string, unknown>;
type Examples = { name: string; examples: Payload[] }[];

const all = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as Examples;
const examplesOf = (name: string): Payload[] => all.find((event) => event.name === name)?.examples ?? [];

const kind = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
const part = (payload: Payload, key: string): Payload | undefined => {
  const value = payload[key];
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
};

const parts = (payload: Payload, key: string): Payload[] => {
  const found = part(payload, key);
  return found ? [found] : [];
};

/** Which keys of ours no example has, or with other types; and which keys every example has and ours lacks. */
function differences(ours: Payload, examples: readonly Payload[]): string[] {
  const known = new Map<string, Set<string>>();
  for (const example of examples) {
    for (const [key, value] of Object.entries(example)) {
      known.set(key, (known.get(key) ?? new Set()).add(kind(value)));
    }
  }
  const strange = Object.entries(ours).flatMap(([key, value]) => {
    const kinds = known.get(key);
    if (!kinds) return [`${key}: in no example`];
    return kinds.has(kind(value))
      ? []
      : [`${key}: ${kind(value)}, in the examples ${[...kinds].join(' or ')}`];
  });
  const always = [...known.keys()].filter((key) => examples.every((example) => key in example));
  return [...strange, ...always.filter((key) => !(key in ours)).map((key) => `${key}: missing`)];
}

async function lifeOfAJob(): Promise<Payload[]> {
  const scene = stage();
  await scene.push('on: push\njobs:\n  a: {runs-on: x, steps: [{run: x}]}\n');
  scene.start(scene.register('r', ['x']));
  await scene.pass(120_000);
  return scene.deliveries.map(({ body }) => JSON.parse(body) as Payload);
}

describe('workflow_job', () => {
  it.each(['queued', 'in_progress', 'completed'])('%s is shaped as in the examples', async (action) => {
    const payload = (await lifeOfAJob()).find((it) => it.action === action);
    if (!payload) throw new Error(`no ${action}`);
    const examples = examplesOf('workflow_job').filter((example) => example.action === action);
    expect(examples.length).toBeGreaterThan(0);
    // Old examples lack keys that newer ones have, so a key counts as required when all of this action have it.
    for (const key of ['workflow_job', 'repository', 'sender', 'installation', 'organization']) {
      const known = (key === 'workflow_job' ? examples : examplesOf('workflow_job')).flatMap((it) =>
        parts(it, key),
      );
      expect(differences(part(payload, key) ?? {}, known)).toEqual([]);
    }
    expect(differences(payload, examplesOf('workflow_job'))).toEqual([]);
  });

  it('waiting is shaped as in the example', async () => {
    const scene = stage();
    scene.github.createRepository({ owner: 'acme', name: 'live', protectedEnvironments: ['production'] });
    const workflowYaml = 'on: push\njobs:\n  a: {runs-on: x, environment: production, steps: [{run: x}]}\n';
    await scene.github.push({ repository: 'acme/live', workflowYaml });
    await scene.pass();
    const payload = JSON.parse(scene.deliveries[0]?.body ?? '{}') as Payload;
    const examples = examplesOf('workflow_job').filter((example) => example.action === 'waiting');
    const job = part(payload, 'workflow_job') ?? {};
    expect(
      differences(
        job,
        examples.flatMap((it) => parts(it, 'workflow_job')),
      ),
    ).toEqual([]);
  });

  it('names no runner while it is queued', async () => {
    const queued = (await lifeOfAJob()).find((it) => it.action === 'queued');
    expect(part(queued ?? {}, 'workflow_job')).toMatchObject({
      runner_id: null,
      runner_name: null,
      runner_group_id: null,
    });
  });
});

describe('ping', () => {
  // The examples are of repositories' and organisations' hooks; an App's settings page has no sender to name.
  it('is shaped as in the examples, without a sender', async () => {
    const scene = stage();
    scene.github.ping();
    await scene.pass();
    const payload = JSON.parse(scene.deliveries[0]?.body ?? '{}') as Payload;
    expect(differences(payload, examplesOf('ping'))).toEqual(['sender: missing']);
  });
});

describe('a difference', () => {
  it('is found', () => {
    const example = { a: 1, b: 'x' };
    expect(differences({ a: '1', c: 2 }, [example])).toEqual([
      'a: string, in the examples number',
      'c: in no example',
      'b: missing',
    ]);
  });
});
