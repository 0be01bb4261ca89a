// The commands that ask a control plane, with their options. What each does stands in a file of its own.

import { Argument, Command as Commander, Option } from 'commander';
import { owners } from '../domain/attribution/owners.ts';
import { repairKinds } from '../domain/repair/repair.ts';
import { addAccessCommands } from './access-program.ts';
import { agentLogs } from './agent-logs.ts';
import { alerts, testAlerts } from './alerts.ts';
import { checkGithub } from './check-github.ts';
import { asked, durationSeconds, instant, severalOf, told, wholeNumber } from './command-options.ts';
import { completionScript, type Shell, shells } from './completion.ts';
import { enrolToken } from './enrol-token.ts';
import { events } from './events.ts';
import { type HostOrder, type HostOrderOptions, hostHistory, orderHost } from './host-order.ts';
import { type IncidentQuery, incidents } from './incidents.ts';
import { addInsightCommands } from './insight-commands.ts';
import { addListCommands } from './list-commands.ts';
import { type LogQuery, logs } from './logs.ts';
import type { Command, Run } from './outcome.ts';
import { phases } from './phases.ts';
import { type RepairQuery, repair, repairs } from './repairs.ts';

export function addClientCommands(program: Commander, run: Run): void {
  addListCommands(program, run);
  program.addCommand(
    whichLines(
      'logs',
      'Show the last lines of what a VM has printed, also for a while after it is gone',
      run,
      logs,
    ).argument('<vm>', 'id of the VM, from `bellows vms`'),
  );
  program.addCommand(
    whichLines(
      'agent-logs',
      "Show the last lines of what a host's agent has logged since it started",
      run,
      agentLogs,
    ).argument('<host>', 'name or id, from `bellows hosts`'),
  );
  program.addCommand(
    told(new Commander('events').description('Tell what happened to a job and to the VMs on its account'))
      .argument('<job>', 'id of the job, from `bellows jobs` or from its address at GitHub', wholeNumber)
      .action((job: number, { json }: { json?: boolean }) => run(events(job), asked(json))),
  );
  addInsightCommands(program, run);
  addIncidentCommands(program, run);
  addRepairCommands(program, run);
  program.addCommand(hostCommands(run));
  program.addCommand(checkCommands(run));
  addAccessCommands(program, run);
  program.addCommand(completionCommand(program, run));
}

function whichLines(
  name: string,
  description: string,
  run: Run,
  command: (of: string, query: LogQuery) => Command,
): Commander {
  return told(new Commander(name).description(description))
    .option('--lines <n>', 'at most so many; 500, or 10000 from a time on, when left out', wholeNumber)
    .addOption(
      new Option('--age <duration>', 'only those of the last while, such as 90s, 15m, 2h or 3d')
        .argParser(durationSeconds)
        .conflicts('since'),
    )
    .option('--since <time>', 'only from this time on, such as 2026-01-31T08:00Z', instant)
    .action((of: string, { json, lines, age, since }: LogOptions) =>
      run(
        command(of, {
          ...(lines !== undefined && { lines }),
          ...(age !== undefined && { ageSeconds: age }),
          ...(since !== undefined && { since }),
        }),
        asked(json),
      ),
    );
}

function completionCommand(program: Commander, run: Run): Commander {
  return told(
    new Commander('completion').description(
      'Print a script that completes commands in a shell: `source <(bellows completion bash)`',
    ),
  )
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action((shell: Shell, { json }: { json?: boolean }) => {
      const text = completionScript(shell, program);
      return run(async () => ({ ok: true, text, json: { shell, script: text } }), asked(json));
    });
}

interface LogOptions {
  json?: boolean;
  lines?: number;
  age?: number;
  since?: string;
}

function addRepairCommands(program: Commander, run: Run): void {
  program.addCommand(
    told(new Commander('alerts').description('List what is wrong now, and who is told'))
      .option('--test', 'send a test message by every sender instead')
      .action(({ json, test }: { json?: boolean; test?: boolean }) =>
        run(test === true ? testAlerts : alerts, asked(json)),
      ),
  );
  program.addCommand(
    told(
      new Commander('repair').description('Look now for what went wrong, mend it, and tell what was mended'),
    )
      .option('--owner <account>', 'only for this account')
      .action(({ json, owner }: { json?: boolean; owner?: string }) => run(repair(owner), asked(json))),
  );
  program.addCommand(
    told(new Commander('repairs').description('List what was mended without anybody asking, newest first'))
      .option('--owner <account>', 'only for this account')
      .addOption(new Option('--kind <kind>', 'only of this kind').choices(repairKinds))
      .option('--since <time>', 'only from this time on, such as 2026-01-31 or 2026-01-31T08:00Z', instant)
      .option('--before <n>', 'only those before this one, as the page before told', wholeNumber)
      .option('--limit <n>', 'at most so many', wholeNumber)
      .action(({ json, ...query }: RepairQuery & { json?: boolean }) => run(repairs(query), asked(json))),
  );
}

function addIncidentCommands(program: Commander, run: Run): void {
  program.addCommand(
    told(
      new Commander('incidents').description(
        'List what is slower, or fails more often, than usual, and whose it is',
      ),
    )
      .option('--owner <account>', 'only with jobs of this account')
      .option('--open', 'only those that are not over')
      .option('--whose <owners>', `only of these: ${owners.join(', ')}`, severalOf(owners))
      .option('--days <n>', 'only those that went on in the last so many days', wholeNumber)
      .option('--limit <n>', 'at most so many', wholeNumber)
      .action(({ json, open, ...query }: Omit<IncidentQuery, 'open'> & { json?: boolean; open?: true }) =>
        run(incidents({ ...query, ...(open === true && { open: 'true' }) }), asked(json)),
      ),
  );
  program.addCommand(
    told(
      new Commander('phases').description('List how long each phase takes lately, beside the usual'),
    ).action(({ json }: { json?: boolean }) => run(phases(), asked(json))),
  );
}

const orders = {
  drain: 'Give a host no new VMs; those that run finish',
  disable: 'Drain a host, and leave it so when it enrols anew',
  resume: 'Give a drained or disabled host new VMs again',
} as const satisfies Record<HostOrder, string>;

function hostCommands(run: Run): Commander {
  const host = new Commander('host').description('Add a host, take it out of service, put it back');
  for (const order of ['drain', 'disable', 'resume'] as const) host.addCommand(orderCommand(run, order));
  host.addCommand(
    told(new Commander('history').description('Tell what happened to a host, and who decided it'))
      .argument('<host>', 'name or id, from `bellows hosts`')
      .action((name: string, { json }: { json?: boolean }) => run(hostHistory(name), asked(json))),
  );
  return host.addCommand(
    told(new Commander('enrol-token').description('Make a token with which one host can enrol, once'))
      .option('--name <name>', 'what the host shall be called; its own name when left out')
      .option('--owner <account...>', 'accounts that may use it; all that we serve when left out')
      .option(
        '--auto',
        'a machine enrols it, as in a fleet that scales by itself: removed when it is gone for long',
      )
      .option('--minutes <n>', 'how long the token is good', wholeNumber, 60)
      .action(({ json, name, owner, auto, minutes }: EnrolOptions) =>
        run(enrolToken({ name, owners: owner, auto, validForMinutes: minutes }), asked(json)),
      ),
  );
}

function orderCommand(run: Run, order: HostOrder): Commander {
  const command = told(new Commander(order).description(orders[order]))
    .argument('<host>', 'name or id, from `bellows hosts`')
    .option('--why <text>', "the reason, for the host's history");
  if (order !== 'resume')
    command
      .option('--force', 'destroy its VMs now: their jobs fail, and are told why')
      .option('--wait', 'end when no VM is left, and show what still runs');
  return command.action((name: string, { json, ...options }: HostOrderOptions & { json?: boolean }) =>
    run(orderHost(order, name, options), asked(json)),
  );
}

interface EnrolOptions {
  json?: boolean;
  name?: string;
  owner?: string[];
  auto?: boolean;
  minutes: number;
}

function checkCommands(run: Run): Commander {
  return new Commander('check')
    .description('Look for mistakes in the set-up')
    .addCommand(
      told(
        new Commander('github').description(
          'Check the GitHub App: key, permissions, events, whether its webhook reaches us, runner groups',
        ),
      ).action(({ json }: { json?: boolean }) => run(checkGithub(), asked(json))),
    );
}
