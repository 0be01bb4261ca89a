import { describe, expect, it } from 'vitest';
import { installationId } from '../../domain/ids.ts';
import { after, type Instant, instantOf, minutes } from '../../domain/time.ts';
import { Secret } from '../../ports/secret.ts';
import { appJwt, type InstallationToken, InstallationTokens } from './credentials.ts';

const acme = installationId(1);

function tokens() {
  const time = { now: instantOf(0) };
  const waiting: { give(token: string): void; fail(): void }[] = [];
  const clock = { now: (): Instant => time.now, sleep: () => Promise.resolve() };
  const held = new InstallationTokens(
    clock,
    () =>
      new Promise<InstallationToken>((resolve, reject) => {
        waiting.push({
          give: (token) => resolve({ token: new Secret(token), expiresAt: after(time.now, minutes(60)) }),
          fail: () => reject(new Error('no')),
        });
      }),
  );
  const text = async (installation = acme) => (await held.get(installation)).reveal();
  return { held, waiting, time, text };
}

describe('an installation token', () => {
  it('is asked for once, however many want it', async () => {
    const { waiting, text } = tokens();
    const all = [text(), text(), text()];
    expect(waiting).toHaveLength(1);
    waiting[0]?.give('a');
    expect(await Promise.all(all)).toEqual(['a', 'a', 'a']);
    expect(await text()).toBe('a');
    expect(waiting).toHaveLength(1);
  });

  it('is of one installation', async () => {
    const { waiting, text } = tokens();
    const both = [text(), text(installationId(2))];
    waiting[0]?.give('a');
    waiting[1]?.give('b');
    expect(await Promise.all(both)).toEqual(['a', 'b']);
  });

  it('is renewed five minutes before its end', async () => {
    const { waiting, time, text } = tokens();
    const first = text();
    waiting[0]?.give('a');
    await first;
    time.now = instantOf(minutes(55) - 1);
    expect(await text()).toBe('a');
    time.now = instantOf(minutes(55));
    const next = text();
    waiting[1]?.give('b');
    expect(await next).toBe('b');
  });

  it('that was refused is asked for again the next time', async () => {
    const { waiting, text } = tokens();
    const first = text();
    waiting[0]?.fail();
    await expect(first).rejects.toThrow('no');
    const second = text();
    waiting[1]?.give('a');
    expect(await second).toBe('a');
  });

  it('that GitHub does not take is dropped, but not the newer one', async () => {
    const { held, waiting, text } = tokens();
    const asked = held.get(acme);
    waiting[0]?.give('a');
    const old = await asked;
    held.drop(acme, old);
    const next = text();
    waiting[1]?.give('b');
    await next;
    held.drop(acme, old);
    expect(await text()).toBe('b');
  });
});

describe('a private key', () => {
  it('that is none is told without being shown', async () => {
    const jwt = appJwt(
      7,
      new Secret('-----BEGIN RSA PRIVATE KEY-----\ns3cret\n-----END RSA PRIVATE KEY-----'),
    );
    const error = await jwt().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ kind: 'unauthorised' });
    expect(`${error}${error instanceof Error ? error.stack : ''}`).not.toContain('s3cret');
  });
});
