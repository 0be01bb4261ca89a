import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hours, minutes } from '../../domain/time.ts';
import { agentSettings, allSettings, clientSettings, serverSettings } from './configuration.ts';
import { statusPageOf } from './github-settings.ts';
import {
  duration,
  flag,
  forwards,
  hashes,
  hostAndPort,
  hostLines,
  integer,
  mirrors,
  names,
  number,
  numbersByName,
  oneOf,
  path,
  url,
} from './parsers.ts';
import { SystemRandom } from './random.ts';
import { readOrMakeToken, readSecrets } from './secret-file.ts';
import { optional, printSettings, readSettings, required, setting } from './setting.ts';

describe('a table of settings', () => {
  const table = {
    port: setting('BELLOWS_PORT', '80', integer(1, 99), 'The port. Any other is closed.'),
    app: required('BELLOWS_APP', integer(1, 9), 'Id of the App. See its page.'),
    name: optional('BELLOWS_NAME', (text) => text, 'A name.'),
  };

  it('gives values, with defaults where nothing is set', () => {
    expect(readSettings(table, { BELLOWS_APP: '7', BELLOWS_NAME: '' })).toEqual({
      ok: true,
      values: { port: 80, app: 7 },
      unknown: [],
    });
  });

  it('tells every problem at once, with its variable', () => {
    expect(readSettings(table, { BELLOWS_PORT: 'http' })).toEqual({
      ok: false,
      problems: [
        'BELLOWS_PORT: "http" is not a whole number from 1 to 99',
        'BELLOWS_APP is not set: Id of the App.',
      ],
    });
  });

  it('tells of variables that look like ours and are not', () => {
    const env = { BELLOWS_APP: '1', BELLOWS_NMAE: 'x', BELLOWS_OTHER: 'y', HOME: '/' };
    const other = { other: optional('BELLOWS_OTHER', (text) => text, 'Of another program.') };
    expect(readSettings(table, env, [other])).toMatchObject({ ok: true, unknown: ['BELLOWS_NMAE'] });
  });

  it('prints itself', () => {
    expect(printSettings(table)).toBe(
      [
        '| variable | default | meaning |',
        '| --- | --- | --- |',
        '| `BELLOWS_PORT` | `80` | The port. Any other is closed. |',
        '| `BELLOWS_APP` | **required** | Id of the App. See its page. |',
        '| `BELLOWS_NAME` |  | A name. |',
      ].join('\n'),
    );
  });
});

describe('our settings', () => {
  it('have defaults that their own parsers take', () => {
    expect(readSettings(clientSettings, {})).toMatchObject({ ok: true });
    expect(readSettings(agentSettings, {})).toMatchObject({ ok: true, values: { driver: 'qemu' } });
    const needed = {
      BELLOWS_GITHUB_APP_ID: '7',
      BELLOWS_GITHUB_PRIVATE_KEY_FILE: '/k',
      BELLOWS_WEBHOOK_SECRET_FILE: '/s',
      BELLOWS_OWNERS: 'Acme, sam',
    };
    expect(readSettings(serverSettings, needed)).toMatchObject({
      ok: true,
      values: {
        listen: { host: '127.0.0.1', port: 8765 },
        owners: ['acme', 'sam'],
        runnerGroups: {},
        servePublic: false,
        serveForks: false,
        lifetimeMs: hours(6.5),
      },
    });
  });

  it('mean the same wherever a variable stands twice, and each says what it is', () => {
    const byVariable = new Map<string, string>();
    for (const one of allSettings.flatMap((table) => Object.values(table))) {
      expect(one.doc).toMatch(/^[A-Z`].*\.$/);
      expect(byVariable.get(one.env) ?? one.doc).toBe(one.doc);
      byVariable.set(one.env, one.doc);
    }
  });

  it('show no secret when they are wrong or printed', () => {
    const read = readSettings(serverSettings, {
      DATABASE_URL: 'postgres://u:s3cret@db/x',
      BELLOWS_ADMIN_TOKEN_SHA256: 's3cret',
    });
    expect(inspect(read, { depth: 9 })).not.toContain('s3cret');
  });
});

describe('parsers', () => {
  it.each<[string, (text: string) => unknown, string, unknown]>([
    ['flag', flag, 'Yes', true],
    ['flag', flag, '0', false],
    ['number', number(0, 2), '1.5', 1.5],
    ['duration', duration(0, hours(9)), '90s', 90_000],
    ['duration', duration(0, hours(9)), '6.5h', hours(6.5)],
    ['names', names, ' Acme,, Sam ', ['acme', 'sam']],
    ['numbers by name', numbersByName, 'Acme=3, sam=7', { acme: 3, sam: 7 }],
    ['url', url, 'https://b.example/', 'https://b.example'],
    ['url', url, 'https://ghes.example/api/v3', 'https://ghes.example/api/v3'],
    ['host and port', hostAndPort, '8765', { host: '127.0.0.1', port: 8765 }],
    ['host and port', hostAndPort, '[::1]:80', { host: '::1', port: 80 }],
    ['host and port', hostAndPort, '0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['path', path, '~/x', join(homedir(), 'x')],
    ['hashes', hashes, 'A'.repeat(64), ['a'.repeat(64)]],
    ['forwards', forwards, '', []],
    [
      'forwards',
      forwards,
      '10.0.2.100:80=127.0.0.1:8080',
      [{ guestAddress: '10.0.2.100', guestPort: 80, hostAddress: '127.0.0.1', hostPort: 8080 }],
    ],
    ['mirrors', mirrors, '', []],
    [
      'mirrors',
      mirrors,
      'http://10.200.0.1:5000,https://m.example',
      ['http://10.200.0.1:5000', 'https://m.example'],
    ],
    ['names of addresses', hostLines, 'a.b=10.0.2.100, c=10.0.2.101', ['10.0.2.100 a.b', '10.0.2.101 c']],
  ])('%s reads %#', (_name, parse, text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each<[string, (text: string) => unknown, string]>([
    ['flag', flag, 'perhaps'],
    ['integer', integer(1, 9), '1.5'],
    ['integer', integer(1, 9), '10'],
    ['number', number(0, 1), ' '],
    ['number', number(0, 1), 'x'],
    ['duration', duration(0, minutes(5)), '5'],
    ['duration', duration(0, minutes(5)), '6m'],
    ['one of', oneOf('a', 'b'), 'c'],
    ['numbers by name', numbersByName, 'acme'],
    ['url', url, 'ftp://x'],
    ['url', url, 'localhost:80'],
    ['host and port', hostAndPort, 'x:99999'],
    ['host and port', hostAndPort, '::1'],
    ['hashes', hashes, 'abc'],
    ['forwards', forwards, '10.0.2.2:80=127.0.0.1:80'],
    ['forwards', forwards, '10.0.2.100:80=localhost:80'],
    ['forwards', forwards, '10.0.2.100:0=127.0.0.1:80'],
    ['forwards', forwards, '10.0.2.100:80=127.0.0.1:80;reboot'],
    ['mirrors', mirrors, '10.200.0.1:5000'],
    ['mirrors', mirrors, Array(5).fill('http://a').join()],
    ['mirrors', mirrors, `http://${'a'.repeat(250)}`],
    ['names of addresses', hostLines, 'a=b'],
    ['names of addresses', hostLines, 'a b=10.0.2.100'],
  ])('%s refuses %#', (_name, parse, text) => {
    expect(() => parse(text)).toThrow();
  });
});

describe('files of secrets', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bellows-secrets-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('hold one secret a line', async () => {
    await writeFile(join(folder, 's'), 'new\n\n old \n');
    expect((await readSecrets(join(folder, 's'))).map((secret) => secret.reveal())).toEqual(['new', 'old']);
  });

  it('that are missing or empty are told by name', async () => {
    await expect(readSecrets(join(folder, 'none'))).rejects.toThrow(
      `there is no file ${join(folder, 'none')}`,
    );
    await writeFile(join(folder, 'empty'), '\n');
    await expect(readSecrets(join(folder, 'empty'))).rejects.toThrow('holds no secret');
    await expect(readSecrets(folder)).rejects.toThrow(`cannot read ${folder}: it is a folder`);
  });

  it('are made once, for their owner only, whoever asks at the same time', async () => {
    const file = join(folder, 'deep', 'token');
    const make = () => readOrMakeToken(file, 'bellows_admin_', new SystemRandom());
    const tokens = (await Promise.all([make(), make(), make()])).map((token) => token.reveal());
    expect(new Set(tokens)).toEqual(new Set([(await readFile(file, 'utf8')).trim()]));
    expect(tokens[0]).toMatch(/^bellows_admin_[\w-]{43}$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'deep'))).mode & 0o777).toBe(0o711);
    expect(await readdir(join(folder, 'deep'))).toEqual(['token']);
    expect((await make()).reveal()).toBe(tokens[0]);
  });
});

describe('the status page of GitHub', () => {
  const github = 'https://api.github.com';
  it('is read for GitHub itself, for another only when it is named, and never when it is off', () => {
    const page = (githubStatusPage: string | undefined, githubApiUrl: string) =>
      statusPageOf({ githubStatusPage, githubApiUrl });
    expect(page(undefined, github)).toBe('https://www.githubstatus.com');
    expect(page('off', github)).toBeUndefined();
    expect(page(undefined, 'https://ghe.internal/api/v3')).toBeUndefined();
    expect(page('https://status.internal', 'https://ghe.internal/api/v3')).toBe('https://status.internal');
  });

  it('is an address or the word off', () => {
    const { parse } = serverSettings.githubStatusPage;
    expect([parse('off'), parse('https://eu.githubstatus.com/')]).toEqual([
      'off',
      'https://eu.githubstatus.com',
    ]);
    expect(() => parse('no')).toThrow('not an address');
  });
});
