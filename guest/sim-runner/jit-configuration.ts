// The just-in-time configuration: base64 of a JSON object from file name to base64 of the file. As the real runner does, it
// is written into the runner's root, used, and removed at the end.

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, record, text } from './json.ts';

export interface JitConfiguration {
  agentId: string;
  agentName: string;
  /** Ends with a slash. */
  brokerUrl: string;
  workFolder: string;
  disableUpdate: boolean;
  clientId: string;
  authorizationUrl: string;
  algorithm: 'PS256' | 'RS256';
  key: KeyObject;
  files: ReadonlyMap<string, string>;
}

/** @throws when the text is no configuration; the message says what is missing, and nothing of what is there (I8) */
export function readJitConfiguration(encoded: string): JitConfiguration {
  const outer = parse(decode(encoded));
  const files = new Map(Object.entries(outer).map(([name, content]) => [name, decode(text(content))]));
  const settings = caseless(parse(files.get('.runner') ?? ''));
  const credentials = caseless(record(caseless(parse(files.get('.credentials') ?? '')).data));
  const key = files.get('.credentials_rsaparams');
  const brokerUrl = text(settings.serverurlv2);
  const clientId = text(credentials.clientid);
  if (brokerUrl === '' || clientId === '' || key === undefined) {
    throw new Error('The JIT configuration is not valid: it lacks server, credentials or key.');
  }
  return {
    agentId: text(settings.agentid),
    agentName: text(settings.agentname),
    brokerUrl: brokerUrl.endsWith('/') ? brokerUrl : `${brokerUrl}/`,
    workFolder: text(settings.workfolder, '_work'),
    disableUpdate: isTrue(settings.disableupdate),
    clientId,
    authorizationUrl: text(credentials.authorizationurl),
    algorithm: isTrue(credentials.requirefipscryptography) ? 'PS256' : 'RS256',
    key: privateKey(parse(key)),
    files,
  };
}

export function writeConfiguration(root: string, { files }: JitConfiguration): void {
  for (const [name, content] of files) writeFileSync(join(root, basename(name)), content, { mode: 0o600 });
}

/** The names of the files that were there. */
export function removeConfiguration(root: string, { files }: JitConfiguration): string[] {
  for (const name of files.keys()) rmSync(join(root, basename(name)), { force: true });
  return [...files.keys()];
}

const decode = (encoded: string): string => Buffer.from(encoded, 'base64').toString('utf8');

const caseless = (values: ReturnType<typeof record>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));

const isTrue = (value: unknown): boolean => text(value).toLowerCase() === 'true';

/** .NET's names for the parts of an RSA key, and standard base64. */
function privateKey(parameters: ReturnType<typeof record>): KeyObject {
  const part = (name: string): string => Buffer.from(text(parameters[name]), 'base64').toString('base64url');
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'RSA',
      n: part('modulus'),
      e: part('exponent'),
      d: part('d'),
      p: part('p'),
      q: part('q'),
      dp: part('dp'),
      dq: part('dq'),
      qi: part('inverseQ'),
    },
  });
}
