// The commands about who may do what: signing in, tokens, the audit log.

import { Command as Commander, Option } from 'commander';
import { tokenScopes } from '../domain/access/token-scope.ts';
import { type AuditQuery, audit } from './audit.ts';
import { asked, instant, told, wholeNumber } from './command-options.ts';
import { login, logout, whoami } from './login.ts';
import type { Run } from './outcome.ts';
import { createToken, listTokens, revokeToken } from './tokens.ts';

export function addAccessCommands(program: Commander, run: Run): void {
  for (const [name, description, command] of [
    ['login', 'Sign in with GitHub, by a code that you enter in a browser', login],
    ['logout', 'End the session of `bellows login`', logout],
    ['whoami', 'Tell who you are here and what you may see and do', whoami],
  ] as const)
    program.addCommand(
      told(new Commander(name).description(description)).action(({ json }: { json?: boolean }) =>
        run(command(), asked(json)),
      ),
    );
  program.addCommand(tokenCommands(run));
  program.addCommand(
    told(new Commander('audit').description('List what people and their programs did here, newest first'))
      .option('--by <who>', 'only by this login, or whatever stands in that column')
      .option('--action <name>', 'only this, such as orderHost')
      .option('--since <time>', 'only from this time on, such as 2026-01-31 or 2026-01-31T08:00Z', instant)
      .option('--before <n>', 'only those before this one, as the page before told', wholeNumber)
      .option('--limit <n>', 'at most so many', wholeNumber)
      .action(({ json, ...query }: AuditQuery & { json?: boolean }) => run(audit(query), asked(json))),
  );
}

interface CreateOptions {
  json?: boolean;
  scope: (typeof tokenScopes)[number][];
  owner?: string[];
  days: number;
}

function tokenCommands(run: Run): Commander {
  return new Commander('token')
    .description('Make tokens for programs that call our API, and revoke them')
    .addCommand(
      told(new Commander('create').description('Make a token; it is shown this once'))
        .argument('<name>', 'what it is for')
        .addOption(new Option('--scope <scope...>', 'what it may do').choices(tokenScopes).default(['read']))
        .option('--owner <account...>', 'only for these accounts; for all that you see when left out')
        .option('--days <n>', 'how long it is good', wholeNumber, 90)
        .action((name: string, { json, scope, owner, days }: CreateOptions) =>
          run(createToken({ name, scopes: scope, owners: owner, validForDays: days }), asked(json)),
        ),
    )
    .addCommand(
      told(new Commander('list').description('List your tokens, or those of all if you are an operator'))
        .option('--limit <n>', 'at most so many', wholeNumber)
        .action(({ json, limit }: { json?: boolean; limit?: number }) =>
          run(listTokens(limit === undefined ? {} : { limit }), asked(json)),
        ),
    )
    .addCommand(
      told(new Commander('revoke').description('Revoke a token, at once'))
        .argument('<id>', 'id of the token, from `bellows token list`')
        .action((id: string, { json }: { json?: boolean }) => run(revokeToken(id), asked(json))),
    );
}
