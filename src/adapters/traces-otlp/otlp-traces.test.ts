import { expect, it } from 'vitest';
import { z } from 'zod';
import { startCannedServer } from '../../../test/support/canned-server.ts';
import { ControlPlaneWorld } from '../../../test/support/control-plane-world.ts';
import { matrixOf } from '../../../test/support/workflows.ts';
import { traceStep } from '../../control-plane/traces/trace-loop.ts';
import { minutes, seconds } from '../../domain/time.ts';
import { otlpTraces } from './otlp-traces.ts';

const attribute = z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) });
const body = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              startTimeUnixNano: z.coerce.bigint(),
              endTimeUnixNano: z.coerce.bigint(),
              attributes: z.array(attribute),
            }),
          ),
        }),
      ),
    }),
  ),
});

it('each job is one trace with its phases, sent once, and again with the same ids after a failure', async () => {
  const collector = await startCannedServer(() => ({ body: {} }));
  const spansIn = (heard: unknown) =>
    body.parse(heard).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  const world = new ControlPlaneWorld();
  const deps = { ...world.deps, store: world.store };
  const exporter = otlpTraces(collector.url, '1');
  await world.clock.advance(minutes(2));
  await traceStep(deps, exporter);
  await world.addHost('rack', 2);
  await world.github.push({ repository: 'acme/app', workflowYaml: matrixOf(2) });
  await world.clock.advance(minutes(20));

  collector.canned['POST /v1/traces'] = { status: 400 };
  const failing = async (): Promise<void> => {
    for (let i = 0; i < 10; i += 1) await traceStep(deps, exporter);
  };
  await expect(failing()).rejects.toThrow('collector');
  collector.canned['POST /v1/traces'] = { body: {} };
  for (let i = 0; i < 10; i += 1) await traceStep(deps, exporter);
  await world.clock.advance(seconds(90));
  await traceStep(deps, exporter);
  await collector.close();

  const sent = collector.heard
    .filter(({ line }) => line === 'POST /v1/traces')
    .map((one) => spansIn(one.body));
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(sent[0]);
  const spans = sent[1] ?? [];
  const wholes = spans.filter(({ name }) => name === 'job');
  expect(new Set(wholes.map(({ traceId }) => traceId)).size).toBe(2);
  for (const { traceId, spanId, startTimeUnixNano, endTimeUnixNano } of wholes) {
    const phases = spans.filter((span) => span.traceId === traceId && span.name !== 'job');
    expect(phases.map(({ name }) => name)).toEqual(expect.arrayContaining(['booting', 'running']));
    for (const phase of phases) {
      expect(phase.parentSpanId).toBe(spanId);
      expect(phase.startTimeUnixNano).toBeGreaterThanOrEqual(startTimeUnixNano);
      expect(phase.endTimeUnixNano).toBeLessThanOrEqual(endTimeUnixNano);
    }
  }
});
