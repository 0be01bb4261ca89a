import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHostMessage } from './host-message.ts';
import { fromHost } from './messages.ts';

const odd = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.array(fc.string()),
  fc.array(fc.integer()),
  fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
);
const mostly = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 8, arbitrary: right }, { weight: 1, arbitrary: odd });
const long = (length: number) => fc.constantFrom('x'.repeat(length), 'x'.repeat(length + 1), 'x');

const anything = fc.record({
  type: mostly(fc.constantFrom('configure', 'run', 'ask-worker', 'ask-reach', 'shutdown')),
  epochMs: mostly(fc.integer()),
  hostname: mostly(long(63)),
  hosts: mostly(fc.array(long(256), { maxLength: 34, size: 'max' })),
  environment: mostly(fc.dictionary(long(128), long(4096), { maxKeys: 2, noNullPrototype: true })),
  idleTimeoutMs: mostly(fc.integer({ min: -1, max: 3 })),
  dockerMirrors: mostly(fc.array(long(256), { maxLength: 5 })),
  jitConfig: mostly(long(64 * 1024)),
  question: mostly(long(64)),
  places: mostly(
    fc.array(
      mostly(
        fc.record({ host: mostly(long(253)), port: mostly(fc.constantFrom(0, 1, 443, 65_535, 65_536)) }),
      ),
      { maxLength: 9 },
    ),
  ),
  graceMs: mostly(fc.constantFrom(-1, 0, 600_000, 600_001)),
});

describe("the guest's own reader of the host's messages", () => {
  it('agrees with the schema about every message', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const bySchema = fromHost.safeParse(value);
        expect(parseHostMessage(value)).toEqual(bySchema.success ? bySchema.data : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads each kind of message', () => {
    const configure = {
      type: 'configure',
      epochMs: 1_800_000_000_000,
      hostname: 'vm-1',
      hosts: ['10.0.2.100 github.localhost'],
      environment: { http_proxy: 'http://10.0.2.101:3128' },
      idleTimeoutMs: 60_000,
      dockerMirrors: [],
    };
    for (const message of [
      configure,
      { type: 'run', jitConfig: 'abc' },
      { type: 'ask-worker', question: 'q1' },
      { type: 'ask-reach', question: 'q2', places: [{ host: 'api.github.com', port: 443 }] },
      { type: 'shutdown', graceMs: 30_000 },
    ])
      expect(parseHostMessage(message)).toEqual(message);
  });
});
