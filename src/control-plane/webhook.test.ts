import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { instantOf } from '../domain/time.ts';
import type { NewDelivery } from '../ports/delivery-tables.ts';
import type { Log } from '../ports/log.ts';
import { Secret } from '../ports/secret.ts';
import { StoreUnavailableError } from '../ports/store.ts';
import { maxDeliveryBytes, receiveWebhook } from './webhook.ts';
import { isSigned } from './webhook-signature.ts';

const secret = new Secret('correct horse');
const guid = '72d3162e-cc78-11e3-81ab-4c9367dc0958';
const bytes = (text: string) => new TextEncoder().encode(text);
const signed = (body: Uint8Array, key = 'correct horse') =>
  `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;

function receiver(options: { secrets?: Secret[]; down?: boolean } = {}) {
  const stored: NewDelivery[] = [];
  const logged: unknown[] = [];
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (...line) => void logged.push(line),
    with: () => log,
  };
  const deps = {
    store: {
      async keepDelivery(delivery: NewDelivery) {
        if (options.down) throw new StoreUnavailableError('cannot connect');
        if (stored.some((one) => one.guid === delivery.guid)) return 'duplicate' as const;
        stored.push(delivery);
        return 'stored' as const;
      },
    },
    clock: { now: () => instantOf(1_000), sleep: () => Promise.resolve() },
    log,
    secrets: options.secrets ?? [secret],
  };
  const send = (body: Uint8Array, headers: Record<string, string | undefined> = {}) =>
    receiveWebhook(deps, {
      body,
      headers: {
        'x-github-delivery': guid,
        'x-github-event': 'workflow_job',
        'x-hub-signature-256': signed(body),
        ...headers,
      },
    });
  return { send, stored, logged };
}

describe('a delivery', () => {
  it('is stored as it came, then answered 202', async () => {
    const { send, stored } = receiver();
    const body = bytes('{"action":"queued"}');
    expect(await send(body)).toMatchObject({ status: 202 });
    expect(stored).toEqual([{ guid, event: 'workflow_job', body, receivedAt: 1_000 }]);
  });

  it('that came before is answered well and not stored again', async () => {
    const { send, stored } = receiver();
    await send(bytes('{}'));
    expect(await send(bytes('{}'))).toMatchObject({ status: 200 });
    expect(stored).toHaveLength(1);
  });

  it.each([
    ['malformed JSON', '{"action":'],
    ['an empty body', ''],
    ['no text at all', '\u0000\uFFFF'],
  ])('with %s is stored: reading it is work for later', async (_what, body) => {
    const { send, stored } = receiver();
    expect(await send(bytes(body))).toMatchObject({ status: 202 });
    expect(stored).toHaveLength(1);
  });

  it('of an event that we do not know is stored', async () => {
    const { send, stored } = receiver();
    expect(await send(bytes('{}'), { 'x-github-event': 'tea_time' })).toMatchObject({ status: 202 });
    expect(stored[0]?.event).toBe('tea_time');
  });

  it.each([
    ['without a signature', undefined],
    ['with an empty signature', ''],
    ['with the signature of another body', signed(bytes('other'))],
    ['signed with another secret', signed(bytes('{}'), 'guess')],
    ['with its signature twice', `${signed(bytes('{}'))}, ${signed(bytes('{}'))}`],
    ['with SHA-1', `sha1=${createHmac('sha1', 'correct horse').update('{}').digest('hex')}`],
    ['with another algorithm named', signed(bytes('{}')).replace('sha256', 'none')],
    ['with a shortened signature', signed(bytes('{}')).slice(0, -2)],
    ['with more after the signature', `${signed(bytes('{}'))}\n`],
  ])('%s is refused with 401 and not stored', async (_how, signature) => {
    const { send, stored } = receiver();
    expect(await send(bytes('{}'), { 'x-hub-signature-256': signature })).toMatchObject({ status: 401 });
    expect(stored).toEqual([]);
  });

  it('with a body that was changed by one bit is refused', async () => {
    const { send } = receiver();
    const body = bytes('{"action":"queued"}');
    const changed = Uint8Array.from(body, (byte, i) => (i === 5 ? byte ^ 1 : byte));
    expect(await send(changed, { 'x-hub-signature-256': signed(body) })).toMatchObject({ status: 401 });
  });

  it('over the cap is refused with 413 before anything is computed', async () => {
    const { send, stored } = receiver();
    const tooLarge = new Uint8Array(maxDeliveryBytes + 1);
    expect(await send(tooLarge, { 'x-hub-signature-256': '' })).toMatchObject({ status: 413 });
    expect(stored).toEqual([]);
  });

  it.each([
    ['no delivery id', { 'x-github-delivery': undefined }],
    ['two delivery ids', { 'x-github-delivery': `${guid}, ${guid}` }],
    ['an endless delivery id', { 'x-github-delivery': 'a'.repeat(65) }],
    ['no event', { 'x-github-event': undefined }],
    ['an endless event', { 'x-github-event': 'a'.repeat(65) }],
  ])('with %s is refused with 400', async (_what, headers) => {
    const { send, stored } = receiver();
    expect(await send(bytes('{}'), headers)).toMatchObject({ status: 400 });
    expect(stored).toEqual([]);
  });

  it('that cannot be stored is answered 503, never 202, and logged without its body', async () => {
    const { send, logged } = receiver({ down: true });
    expect(await send(bytes('{"token":"t0p"}'))).toMatchObject({
      status: 503,
      headers: { 'retry-after': '10' },
    });
    expect(logged).toHaveLength(1);
    expect(JSON.stringify(logged)).not.toContain('t0p');
  });
});

describe('the signature', () => {
  it("agrees with GitHub's published example", () => {
    const header = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    expect(isSigned(bytes('Hello, World!'), header, [new Secret("It's a Secret to Everybody")])).toBe(true);
  });

  it('is over bytes, not over text: a body that is not UTF-8 verifies', () => {
    const body = Uint8Array.of(0xff, 0xfe, 0x00);
    expect(isSigned(body, signed(body), [secret])).toBe(true);
  });

  it('may be of either secret while one replaces the other', async () => {
    const { send } = receiver({ secrets: [new Secret('the new one'), secret] });
    const body = bytes('{}');
    expect(await send(body, { 'x-hub-signature-256': signed(body, 'the new one') })).toMatchObject({
      status: 202,
    });
    expect(await send(body)).toMatchObject({ status: 200 });
    expect(await send(body, { 'x-hub-signature-256': signed(body, 'a third') })).toMatchObject({
      status: 401,
    });
  });

  it('is never checked against no secret', () => {
    expect(() => isSigned(bytes(''), signed(bytes(''), ''), [new Secret('')])).toThrow('bug:');
    expect(() => isSigned(bytes(''), '', [])).toThrow('bug:');
  });
});
