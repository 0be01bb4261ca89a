// Composes the commands that ask a control plane, and prints what they found out.

import { hostname, userInfo } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };
import { FetchApiClient } from '../adapters/api-client/fetch-api-client.ts';
import { SystemClock } from '../adapters/system/clock.ts';
import { clientSettings } from '../adapters/system/configuration.ts';
import { readSecretText } from '../adapters/system/secret-file.ts';
import { readSettings } from '../adapters/system/setting.ts';
import type { Command, Outcome } from '../cli/outcome.ts';
import { Secret } from '../ports/secret.ts';
import { cliProgram, type ProgramFile, type ProgramName, programPath } from './cli-program.ts';

await cliProgram(packageJson.version, run, start).parseAsync();

async function run(command: Command, { json = false }: { json?: boolean }): Promise<void> {
  show(await outcomeOf(command), json);
}

async function start(name: ProgramName, args: readonly string[]): Promise<void> {
  const program: ProgramFile = await import(programPath(name));
  await program.main(args);
}

async function outcomeOf(command: Command): Promise<Outcome> {
  const settings = readSettings(clientSettings, process.env);
  if (!settings.ok) return { ok: false, message: settings.problems.join('\n') };
  const { url, tokenFile } = settings.values;
  try {
    const clock = new SystemClock();
    return await command(new FetchApiClient({ url, token: () => readToken(tokenFile) }), {
      operator: `${userInfo().username}@${hostname()}`.slice(0, 100),
      say: (text) => void process.stderr.write(`${text}\n`),
      pause: (ms) => clock.sleep(ms),
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { ok: false, message: error.message };
  }
}

async function readToken(path: string): Promise<Secret> {
  try {
    return new Secret((await readSecretText(path)).reveal().trim());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    const mend =
      'start the control plane here with `bellows server`, which makes it, or set BELLOWS_TOKEN_FILE';
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
