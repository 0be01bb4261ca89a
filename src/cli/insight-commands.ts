// The commands that ask what jobs add up to, with their options.

import { Command as Commander, Option } from 'commander';
import { sortKeys } from '../domain/insights/comparison.ts';
import { insightDays, insightGroups } from '../wire/api/insights.ts';
import { type AdviseQuery, advise } from './advise.ts';
import { asked, told, wholeNumber } from './command-options.ts';
import { type IncreaseQuery, increases, jobRuns } from './increases.ts';
import { type InsightQuery, insights, recount, today } from './insights.ts';
import type { Run } from './outcome.ts';
import { usage } from './usage.ts';
import { usageFromGitHub } from './usage-from-github.ts';

interface Json {
  json?: boolean;
}

export function addInsightCommands(program: Commander, run: Run): void {
  program.addCommand(
    told(new Commander('today').description('Count what is open and what ended today, against earlier days'))
      .option('--owner <account>', 'only of this account')
      .action(({ json, owner }: Json & { owner?: string }) => run(today(owner), asked(json))),
  );
  program.addCommand(insightsCommand(run));
  program.addCommand(usageCommand(run));
  addIncreaseCommands(program, run);
  program.addCommand(
    told(new Commander('advise').description('List the jobs that would do with less than they ask for'))
      .option('--owner <account>', 'only of this account')
      .option('--days <n>', 'the last so many days, 120 at most', wholeNumber)
      .option('--limit <n>', 'at most so many', wholeNumber)
      .action(({ json, ...query }: AdviseQuery & Json) => run(advise(query), asked(json))),
  );
  program.addCommand(
    told(
      new Commander('recount').description(
        'Count anew every job that is over, such as those from before the insights were kept',
      ),
    ).action(({ json }: Json) => run(recount(), asked(json))),
  );
}

const usageCommand = (run: Run): Commander =>
  told(new Commander('usage').description("Count an account's builds by repository and by user"))
    .requiredOption('--owner <account>', 'whose')
    .option('--days <n>', 'the last so many days, today among them', wholeNumber, 28)
    .option(
      '--from-github',
      "from GitHub's own memory: for an account without Bellows, with a token of yours",
    )
    .option('--token-file <path>', 'with --from-github: file with the token; GITHUB_TOKEN when left out')
    .option('--no-wait', 'with --from-github: stop at a limit of GitHub, and tell what was counted by then')
    .action(({ json, fromGithub, tokenFile, wait, owner, days }: UsageOptions) =>
      run(
        fromGithub === true
          ? usageFromGitHub({ owner, days, wait, ...(tokenFile !== undefined && { tokenFile }) })
          : usage({ owner, days }),
        asked(json),
      ),
    );

interface UsageOptions extends Json {
  owner: string;
  days: number;
  fromGithub?: boolean;
  tokenFile?: string;
  wait: boolean;
}

const insightsCommand = (run: Run): Commander =>
  told(new Commander('insights').description('Count builds and minutes, beside the period before'))
    .addOption(new Option('--by <what>', 'a row for each of these').choices(insightGroups))
    .addOption(new Option('--days <n>', 'the last so many days').choices(insightDays.map(String)))
    .option('--owner <account>', 'only of this account')
    .option('--repository <owner/name>', 'only of this repository; by repository or workflow')
    .addOption(new Option('--sort <by>', 'what comes first').choices(sortKeys))
    .option('--after <n>', 'those after so many, as the page before told', wholeNumber)
    .option('--limit <n>', 'at most so many', wholeNumber)
    .action(({ json, days, ...query }: Omit<InsightQuery, 'days'> & Json & { days?: string }) =>
      run(
        insights({ ...query, ...(days !== undefined && { days: Number(days) as InsightQuery['days'] }) }),
        asked(json),
      ),
    );

function addIncreaseCommands(program: Commander, run: Run): void {
  program.addCommand(
    told(new Commander('increases').description('List the jobs that take longer than they did'))
      .option('--days <n>', 'look so far back, 14 to 120', wholeNumber)
      .option('--percent <n>', 'only what grew by so much or more', wholeNumber)
      .option('--owner <account>', 'only of this account')
      .option('--limit <n>', 'at most so many', wholeNumber)
      .action(({ json, ...query }: IncreaseQuery & Json) => run(increases(query), asked(json))),
  );
  program.addCommand(
    told(new Commander('runs').description('Show the longest run of a job on each day, and what had changed'))
      .argument('<repository>', 'as `owner/name`')
      .argument('<workflow>', 'name of the workflow, from `bellows increases`')
      .argument('<job>', 'name of the job')
      .option('--days <n>', 'look so far back, 14 to 120', wholeNumber)
      .action(
        (repository: string, workflow: string, name: string, { json, ...rest }: Json & { days?: number }) =>
          run(jobRuns({ repository, workflow, name, ...rest }), asked(json)),
      ),
  );
}
