// `bellows server`: reads the configuration, starts the control plane, and stops it when told to.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { PinoLog } from '../adapters/log-pino/log.ts';
import { allSettings, serverSettings } from '../adapters/system/configuration.ts';
import { collectSeldom } from '../adapters/system/garbage.ts';
import { statusPageOf } from '../adapters/system/github-settings.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { readOrMakeToken, readSecrets, readSecretText } from '../adapters/system/secret-file.ts';
import { readSettings, type ValuesOf } from '../adapters/system/setting.ts';
import { type ImageDigest, imageDigest } from '../domain/ids.ts';
import { Secret } from '../ports/secret.ts';
import { alertSenders } from './alert-senders.ts';
import { hostImages } from './default-image.ts';
import { settingsOf } from './settings-of.ts';
import { type ServerConfig, startServer } from './start-server.ts';
import { untilTold } from './until-told.ts';

type Values = ValuesOf<typeof serverSettings>;

export const command = (): Command =>
  new Command('bellows server')
    .description('Run the control plane. Settings come from environment variables: see docs/configuration.md')
    .option('--create-user', 'as root: make the system user that the embedded PostgreSQL needs')
    .action(runHere);

export async function main(args: readonly string[]): Promise<void> {
  await command().parseAsync(args, { from: 'user' });
}

async function runHere({ createUser = false }: { createUser?: boolean }): Promise<void> {
  const read = readSettings(serverSettings, process.env, allSettings);
  if (!read.ok) {
    process.stderr.write(`${read.problems.join('\n')}\nSee docs/configuration.md\n`);
    process.exitCode = 1;
    return;
  }
  const { log, own } = PinoLog.remembering(read.values.logLevel);
  collectSeldom();
  if (read.unknown.length > 0) log.warn('settings that nothing knows', { names: read.unknown });
  try {
    const server = await startServer({ ...(await configOf(read.values, createUser, log)), ownLog: own });
    await untilTold(log);
    await server.stop();
  } catch (error) {
    log.debug('the control plane cannot start', { error });
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function configOf(values: Values, mayCreateUser: boolean, log: PinoLog): Promise<ServerConfig> {
  return {
    listen: values.listen,
    publicUrl: values.publicUrl,
    database:
      values.databaseUrl === undefined
        ? { folder: join(values.dataFolder, 'postgres'), mayCreateUser }
        : { url: values.databaseUrl },
    github: {
      appId: values.appId,
      privateKey: await readSecretText(values.privateKeyFile),
      apiUrl: values.githubApiUrl,
      webhookSecrets: await readSecrets(values.webhookSecretFile),
    },
    operators: values.operators,
    oauth: await oauthOf(values),
    adminTokenHashes: values.adminTokenHashes ?? [await ownTokenHash(values.dataFolder)],
    metricsTokens: values.metricsTokenFile === undefined ? [] : await readSecrets(values.metricsTokenFile),
    githubStatusPage: statusPageOf(values),
    otlpEndpoint: values.otlpEndpoint,
    alerts: { senders: await alertSenders(values), off: new Set(values.alertsOff) },
    trustProxy: values.trustProxy,
    keep: { deliveriesMs: values.keepDeliveriesMs, historyMs: values.keepHistoryMs },
    settings: settingsOf(values, await chosenImage(values.image)),
    log,
    version: packageJson.version,
  };
}

async function oauthOf({
  clientId,
  clientSecretFile,
  publicUrl,
  listen,
}: Values): Promise<ServerConfig['oauth']> {
  if (clientId === undefined && clientSecretFile === undefined) return undefined;
  if (clientId === undefined || clientSecretFile === undefined)
    throw new Error('BELLOWS_GITHUB_CLIENT_ID and BELLOWS_GITHUB_CLIENT_SECRET_FILE go together: set both');
  if (publicUrl === undefined && !['127.0.0.1', '::1', 'localhost'].includes(listen.host))
    throw new Error('set BELLOWS_PUBLIC_URL: GitHub sends people back there after they have signed in');
  const clientSecret = new Secret((await readSecretText(clientSecretFile)).reveal().trim());
  return { clientId, clientSecret };
}

async function ownTokenHash(dataFolder: string): Promise<string> {
  const token = await readOrMakeToken(join(dataFolder, 'admin-token'), 'bellows_', new SystemRandom());
  return createHash('sha256').update(token.reveal()).digest('hex');
}

async function chosenImage(configured: string | undefined): Promise<ImageDigest> {
  if (configured !== undefined) return imageDigest(configured);
  const newest = await hostImages().newest();
  if (newest !== undefined) return newest;
  throw new Error(
    'no image to start VMs from: build one here with `bellows image build`, or set BELLOWS_IMAGE to the digest that it printed on a host',
  );
}
