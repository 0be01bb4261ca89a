// The commands that list what we know, page by page, and tell all of one job.

import { Command as Commander } from 'commander';
import { jobStates } from '../domain/lifecycle/job.ts';
import { vmStates } from '../domain/lifecycle/vm.ts';
import { asked, askedToWatch, severalOf, told, watched, wholeNumber } from './command-options.ts';
import { explainJob } from './explain.ts';
import { hosts } from './hosts.ts';
import { type JobQuery, jobs } from './jobs.ts';
import type { Run } from './outcome.ts';
import { type VmQuery, vms } from './vms.ts';

interface Shown {
  json?: boolean;
  watch?: boolean;
}

export function addListCommands(program: Commander, run: Run): void {
  program.addCommand(jobCommands(run));
  program.addCommand(
    watched(
      told(new Commander('hosts').description('List the hosts with what they offer and what is in use')),
    ).action((shown: Shown) => run(hosts(), askedToWatch(shown, ['hosts', 'vms']))),
  );
  program.addCommand(
    paged(watched(told(new Commander('vms').description('List the VMs, newest first'))))
      .option('--owner <account>', 'only of this account')
      .option('--host <id>', 'only on this host')
      .option('--state <states>', `only in these: ${vmStates.join(', ')}`, severalOf(vmStates))
      .option('--text <text>', "only with this in their id, their runner's name or their labels")
      .action(({ json, watch, ...query }: VmQuery & Shown) =>
        run(vms(query), askedToWatch({ ...asked(json), ...(watch === true && { watch }) }, ['vms'])),
      ),
  );
}

function jobCommands(run: Run): Commander {
  const list = paged(
    watched(told(new Commander('jobs').description('List the jobs that we know, newest first'))),
  )
    .option('--owner <account>', 'only of this account')
    .option('--repository <owner/name>', 'only of this repository')
    .option('--state <states>', `only in these: ${jobStates.join(', ')}`, severalOf(jobStates))
    .option('--run <id>', 'only of this workflow run', wholeNumber)
    .option('--text <text>', 'only with this in their id, names, branch or labels')
    .action(({ json, watch, ...query }: JobQuery & Shown) =>
      run(jobs(query), askedToWatch({ ...asked(json), ...(watch === true && { watch }) }, ['jobs', 'vms'])),
    );
  return list.addCommand(
    new Commander('explain')
      .description('Say why a job waits or where its time went, whose it was, and what was mended on its way')
      .argument('<job>', 'id of the job, from `bellows jobs` or from its address at GitHub', wholeNumber)
      .action((job: number, _options: object, command: Commander) =>
        run(explainJob(job), askedToWatch(command.optsWithGlobals<Shown>(), ['jobs', 'vms', 'repairs'])),
      ),
  );
}

const paged = (command: Commander): Commander =>
  command
    .option('--limit <n>', 'at most so many', wholeNumber)
    .option('--after <place>', 'only those after this place, as the page before told');
