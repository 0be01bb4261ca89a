// Composes the commands that ask a control plane, and prints what they found out.

import { homedir, hostname, userInfo } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };
import { FetchApiClient } from '../adapters/api-client/fetch-api-client.ts';
import { TokenHistory } from '../adapters/github/history.ts';
import { SystemClock } from '../adapters/system/clock.ts';
import { clientSettings } from '../adapters/system/configuration.ts';
import { CredentialFile, credentialPath } from '../adapters/system/credential-file.ts';
import { SystemRandom } from '../adapters/system/random.ts';
import { readSecretText } from '../adapters/system/secret-file.ts';
import { readSettings } from '../adapters/system/setting.ts';
import type { Command, Credentials, Outcome, RunOptions, Terminal } from '../cli/outcome.ts';
import { withProgress } from '../cli/progress.ts';
import { watch } from '../cli/watch.ts';
import { Secret } from '../ports/secret.ts';
import type { LiveTopic } from '../wire/api/live.ts';
import { cliProgram, type ProgramFile, type ProgramName, programPath } from './cli-program.ts';

const program = cliProgram(packageJson.version, run, start);

async function run(command: Command, { json = false, watch: topics }: RunOptions): Promise<void> {
  const shown = process.stderr.isTTY ? withProgress(command, drawOver) : command;
  if (topics === undefined) show(await outcomeOf(shown), json);
  else await watchHere(command, topics, json);
}

/** Over the line that the cursor is in. */
const drawOver = (text: string): void => void process.stderr.write(`\r\u001b[K${text}`);

/** Until Ctrl-C, which is how it is meant to end. */
async function watchHere(command: Command, topics: readonly LiveTopic[], json: boolean): Promise<void> {
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  process.once('SIGTERM', () => stopping.abort());
  const redraws = process.stdout.isTTY && !json;
  const redraw = (outcome: Outcome): void => {
    if (redraws) process.stdout.write(clearScreen);
    show(outcome, json);
    process.exitCode = 0;
  };
  const settled = await outcomeOf(async (api, terminal) => {
    const pause = (ms: number): Promise<void> => terminal.pause(ms, stopping.signal);
    await watch(command, api, { ...terminal, pause }, { topics, show: redraw, stopping: stopping.signal });
    return { ok: true, text: '', json: {} };
  });
  if (!settled.ok) show(settled, json);
}

/** From the upper left corner on, and what was scrolled away stays. */
const clearScreen = '\u001b[H\u001b[2J';

async function start(name: ProgramName, args: readonly string[]): Promise<void> {
  const program: ProgramFile = await import(programPath(name));
  await program.main(args);
}

async function outcomeOf(
  command: (api: FetchApiClient, terminal: Terminal) => Promise<Outcome>,
): Promise<Outcome> {
  const settings = readSettings(clientSettings, process.env);
  if (!settings.ok) return { ok: false, message: settings.problems.join('\n') };
  const { url } = settings.values;
  const { tokenFile } = program.opts<{ tokenFile?: string }>();
  try {
    const clock = new SystemClock();
    const sessions = new CredentialFile(credentialPath(process.env, homedir()), new SystemRandom());
    const token = (): Promise<Secret> => tokenFor(url, tokenFile, settings.values.tokenFile, sessions);
    return await command(new FetchApiClient({ url, token }), {
      operator: `${userInfo().username}@${hostname()}`.slice(0, 100),
      say: (text) => void process.stderr.write(`${text}\n`),
      pause: (ms, stopping) =>
        clock.sleep(ms, stopping).catch((reason: unknown) => {
          if (!stopping?.aborted) throw reason;
        }),
      credentials: credentialsIn(sessions, url),
      github: async ({ tokenFile, mayWait }) =>
        new TokenHistory({
          apiUrl: settings.values.githubApiUrl,
          token: await githubToken(tokenFile, settings.values.githubToken),
          userAgent: `bellows/${packageJson.version}`,
          clock,
          mayWait,
        }),
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ok: false, message: error.message };
  }
}

/** In this order: the option, the variable, what `bellows login` keeps, the admin token of a control plane on this machine. */
async function tokenFor(
  url: string,
  option: string | undefined,
  configured: string,
  sessions: CredentialFile,
): Promise<Secret> {
  if (option !== undefined) return readToken(option);
  const isSet = (process.env[clientSettings.tokenFile.env] ?? '') !== '';
  return (isSet ? undefined : await sessions.get(url)) ?? readToken(configured);
}

function credentialsIn(sessions: CredentialFile, url: string): Credentials {
  return {
    async keep(session) {
      await sessions.set(url, new Secret(session));
      return sessions.path;
    },
    async client() {
      const kept = await sessions.get(url);
      return kept && new FetchApiClient({ url, token: async () => kept });
    },
    forget: () => sessions.set(url, undefined),
  };
}

async function githubToken(path: string | undefined, configured: Secret | undefined): Promise<Secret> {
  if (path !== undefined) return new Secret((await readSecretText(path)).reveal().trim());
  if (configured !== undefined) return configured;
  throw new Error(
    'no token of GitHub: name its file with --token-file, or set GITHUB_TOKEN. It needs to read metadata and Actions of the repositories (docs/insights.md)',
  );
}

async function readToken(path: string): Promise<Secret> {
  try {
    return new Secret((await readSecretText(path)).reveal().trim());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    const mend =
      'sign in with `bellows login`, start the control plane here with `bellows server`, which makes the admin token, or set BELLOWS_TOKEN_FILE';
    throw new Error(`no admin token: ${reason}: ${mend}`, { cause });
  }
}

function show(outcome: Outcome, json: boolean): void {
  if (!outcome.ok) process.exitCode = 1;
  if (json) {
    const rest = outcome.ok ? outcome.json : { message: outcome.message, ...outcome.json };
    process.stdout.write(`${JSON.stringify({ ok: outcome.ok, ...rest })}\n`);
  } else if (outcome.ok) process.stdout.write(`${outcome.text}\n`);
  else process.stderr.write(`${outcome.message}\n`);
}

// Last, when all that stands above is there.
await program.parseAsync();
