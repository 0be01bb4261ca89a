// The encoded just-in-time configuration in its real shape: base64 of a JSON object from file name to base64 of the file.
// All values are strings, as GitHub has sent them since December 2025; the eight RSA parameters are padded to the lengths
// that .NET wants (actions/runner, Runner.cs, ConfigurationStore.cs, OAuthCredential.cs).

import type { Runner } from './state.ts';
import type { World } from './world.ts';

/** The private key as a JSON Web Key, by which the runner proves who it is. */
export interface RsaJwk {
  n: string;
  e: string;
  d: string;
  p: string;
  q: string;
  dp: string;
  dq: string;
  qi: string;
}

/** @param key left out in process, where nothing is signed */
export function encodeJitConfig(world: World, runner: Runner, key?: RsaJwk): string {
  const base = world.urls.runner;
  const files = {
    '.runner': {
      AgentId: String(runner.id),
      AgentName: runner.name,
      PoolId: '1',
      PoolName: runner.scope.kind === 'organization' ? runner.scope.group.name : 'Default',
      DisableUpdate: 'True',
      Ephemeral: 'True',
      ...(world.beliefs.jitNamesClassicServer ? { ServerUrl: `${base}/classic` } : {}),
      ServerUrlV2: `${base}/broker/`,
      UseV2Flow: 'True',
      GitHubUrl: '',
      WorkFolder: runner.workFolder,
    },
    '.credentials': {
      Scheme: 'OAuth',
      Data: {
        clientId: runner.clientId,
        authorizationUrl: `${base}/token`,
        requireFipsCryptography: 'True',
      },
    },
    ...(key ? { '.credentials_rsaparams': rsaParameters(key) } : {}),
  };
  const encoded = Object.entries(files).map(([name, content]) => [name, base64(JSON.stringify(content))]);
  return base64(JSON.stringify(Object.fromEntries(encoded)));
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

function rsaParameters(key: RsaJwk): Record<string, string> {
  const bytes = Buffer.from(key.n, 'base64url').length;
  const padded = (value: string, length: number): string => {
    const raw = Buffer.from(value, 'base64url');
    return Buffer.concat([Buffer.alloc(Math.max(0, length - raw.length)), raw]).toString('base64');
  };
  return {
    d: padded(key.d, bytes),
    dp: padded(key.dp, bytes / 2),
    dq: padded(key.dq, bytes / 2),
    exponent: padded(key.e, 0),
    inverseQ: padded(key.qi, bytes / 2),
    modulus: padded(key.n, bytes),
    p: padded(key.p, bytes / 2),
    q: padded(key.q, bytes / 2),
  };
}

/** The registration that a configuration belongs to; undefined when it is gone or the text is none. */
export function runnerOfJitConfig(world: World, jitConfig: string): Runner | undefined {
  const clientId = /"clientId":"([^"]+)"/.exec(fileOf(jitConfig, '.credentials'))?.[1];
  return clientId === undefined ? undefined : runnerOfClient(world, clientId);
}

export function runnerOfClient(world: World, clientId: string): Runner | undefined {
  const runner = world.state.runnersByClient.get(clientId);
  return runner?.removed ? undefined : runner;
}

function fileOf(jitConfig: string, name: string): string {
  const decoded = Buffer.from(jitConfig, 'base64').toString('utf8');
  const encoded = new RegExp(`"${name}":"([^"]+)"`).exec(decoded)?.[1] ?? '';
  return Buffer.from(encoded, 'base64').toString('utf8');
}
