import examples from '@octokit/webhooks-examples' with { type: 'json' };
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { instantOf } from '../domain/time.ts';
import { type DeliveryContext, parseDelivery } from './github-webhook.ts';

const context: DeliveryContext = { heardAt: instantOf(7_000), runnerGroupOf: () => 1 };
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const read = (value: unknown, event = 'workflow_job') => parseDelivery(event, bytes(value), context);

const job = {
  id: 11,
  run_id: 22,
  run_attempt: 2,
  name: 'build',
  workflow_name: 'CI',
  head_branch: 'main',
  head_sha: 'abc',
  html_url: 'https://github.example/acme/app/actions/runs/22/job/11',
  status: 'queued',
  conclusion: null,
  labels: [' Self-Hosted', 'bellows-4cpu-8gb', 'bellows-4cpu-8gb'],
  created_at: '2026-01-01T00:00:00Z',
  started_at: '2026-01-01T00:00:00Z',
  completed_at: null,
  runner_id: null,
  runner_name: null,
};
const delivery = {
  action: 'queued',
  workflow_job: job,
  repository: {
    id: 33,
    name: 'app',
    full_name: 'Acme/app',
    private: true,
    fork: false,
    owner: { login: 'Acme', type: 'Organization' },
  },
  installation: { id: 44 },
};
const withJob = (changes: Record<string, unknown>) => ({ ...delivery, workflow_job: { ...job, ...changes } });
const factIn = (value: unknown) => {
  const parsed = read(value);
  if (parsed.kind !== 'job') throw new Error(`expected a job, got ${JSON.stringify(parsed)}`);
  return parsed.fact;
};

describe('a workflow_job delivery', () => {
  it('gives the job and the fact', () => {
    expect(read(delivery)).toEqual({
      kind: 'job',
      identity: {
        id: 11,
        runId: 22,
        runAttempt: 2,
        name: 'build',
        workflowName: 'CI',
        headBranch: 'main',
        headSha: 'abc',
        url: job.html_url,
        scope: { kind: 'organization', installationId: 44, login: 'Acme', groupId: 1 },
        repository: { id: 33, fullName: 'Acme/app', private: true, fork: false },
        labels: ['bellows-4cpu-8gb', 'self-hosted'],
      },
      fact: { source: 'delivery', status: 'queued', asOf: Date.UTC(2026, 0, 1), heardAt: 7_000 },
    });
  });

  it("of an organisation goes to that organisation's runner group", () => {
    const runnerGroupOf = (login: string) => (login === 'acme' ? 5 : 1);
    expect(parseDelivery('workflow_job', bytes(delivery), { ...context, runnerGroupOf })).toMatchObject({
      identity: { scope: { groupId: 5 } },
    });
  });

  it('of a user account is scoped to the repository', () => {
    const owner = { login: 'sam', type: 'User' };
    expect(read({ ...delivery, repository: { ...delivery.repository, owner } })).toMatchObject({
      identity: { scope: { kind: 'repository', installationId: 44, owner: 'sam', name: 'app' } },
    });
  });

  it('counts by its status, not by its action', () => {
    expect(factIn({ ...withJob({ status: 'waiting' }), action: 'queued' }).status).toBe('waiting');
  });

  it('is true as of its own time stamp: created, started or completed', () => {
    const times = { started_at: '2026-01-01T00:00:05Z', completed_at: '2026-01-01T00:00:09Z' };
    const at = (status: string) => factIn(withJob({ status, ...times })).asOf - Date.UTC(2026, 0, 1);
    expect([at('queued'), at('in_progress'), at('completed')]).toEqual([0, 5_000, 9_000]);
  });

  it('without any readable time is true as of its arrival', () => {
    expect(factIn(withJob({ created_at: 'yesterday', started_at: null })).asOf).toBe(7_000);
  });

  it('names its runner once it runs, and never while it is queued', () => {
    const runner = { runner_id: 9, runner_name: 'bellows-x' };
    expect(factIn(withJob({ status: 'in_progress', ...runner })).runner).toEqual({
      id: 9,
      name: 'bellows-x',
    });
    expect(factIn(withJob({ status: 'queued', ...runner })).runner).toBeUndefined();
  });

  it('that was cancelled before its start has no runner, whether GitHub says null or 0', () => {
    const cancelled = { status: 'completed', conclusion: 'cancelled' };
    expect(factIn(withJob({ ...cancelled, runner_id: 0, runner_name: '' })).runner).toBeUndefined();
    expect(factIn(withJob(cancelled)).runner).toBeUndefined();
  });

  it('with words that we do not know still counts', () => {
    const future = { status: 'meditating', conclusion: 'enlightened', colour: 'blue', steps: 'none' };
    expect(factIn({ ...withJob(future), action: 'ponder' })).toMatchObject({ status: 'unknown' });
    expect(factIn(withJob({ ...future, status: 'completed' })).conclusion).toBe('unknown');
  });

  it('of a webhook that is not the App’s is ignored: without an installation we cannot serve it', () => {
    const { installation: _, ...without } = delivery;
    expect(read(without)).toMatchObject({ kind: 'ignored' });
  });
});

describe('what cannot be read', () => {
  it.each([
    ['no JSON', new TextEncoder().encode('{"action":'), 'not JSON'],
    ['no UTF-8', Uint8Array.of(0xff, 0xfe), 'not UTF-8'],
    ['a form', new TextEncoder().encode('payload=%7B%7D'), 'application/json'],
    ['no object', bytes([1, 2]), 'the body'],
    ['a job without an id', bytes(withJob({ id: 'eleven' })), 'workflow_job.id'],
    ['no repository', bytes({ ...delivery, repository: null }), 'repository'],
  ])('is said with its reason: %s', (_what, body, reason) => {
    const parsed = parseDelivery('workflow_job', body, context);
    expect(parsed.kind).toBe('unreadable');
    expect(parsed).toHaveProperty('reason', expect.stringContaining(reason));
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        expect(parseDelivery('workflow_job', body, context).kind).toBe('unreadable');
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseDelivery('workflow_job', new TextEncoder().encode(text), context).kind).toBe(
          'unreadable',
        );
      }),
    );
  });
});

describe("GitHub's example payloads", () => {
  const catalogue = z.array(z.object({ name: z.string(), examples: z.array(z.looseObject({})) }));
  const all = catalogue.parse(examples);
  const ofJobs = all.find(({ name }) => name === 'workflow_job')?.examples ?? [];

  it.each(ofJobs.map((payload, i) => ({ i, payload })))('workflow_job $i is understood', ({ payload }) => {
    expect(read(payload).kind).toBe('installation' in payload ? 'job' : 'ignored');
  });

  it('of other events are ignored', () => {
    const others = all.filter(({ name }) => name !== 'workflow_job');
    const kinds = others.flatMap((event) => event.examples.map((payload) => read(payload, event.name).kind));
    expect(ofJobs).toHaveLength(8);
    expect(kinds.length).toBeGreaterThan(300);
    expect(new Set(kinds)).toEqual(new Set(['ignored']));
  });
});
