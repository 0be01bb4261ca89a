// What VMs and their agent may leave on a host, found on the host itself.

import { readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayOf, tapPrefix } from '../../domain/network/address-plan.ts';
import { defaultPool } from '../../domain/network/policy.ts';
import { removal, tableName } from '../../domain/network/ruleset.ts';
import type { FlaggedProcess, ProcessTable } from '../../ports/process-table.ts';
import type { RunProgram } from './run-program.ts';

/** Of QEMU's environment (adapters/vm-qemu). */
const markName = 'BELLOWS_VM';
/** Firecracker's id of a VM (adapters/vm-firecracker/jail.ts); the jailer wipes its environment, so there is no mark. */
const jailId = /^(vm-[0-9a-z]+)-[0-9a-f]{10}$/;
/** All of our control groups are below one of these. */
const groups = ['/sys/fs/cgroup/bellows.slice'];

export async function runningVms(processes: ProcessTable): Promise<readonly string[]> {
  const marked = (await processes.marked(markName)).map(({ value }) =>
    value.slice(value.lastIndexOf('/') + 1),
  );
  const jailed = (await jailedVms(processes)).map(({ value }) => jailId.exec(value)?.[1] ?? value);
  const populated: string[] = [];
  for (const group of await groupsOfVms()) {
    const events = await readFile(join(group, 'cgroup.events'), 'utf8').catch(() => '');
    if (/^populated 1$/m.test(events)) populated.push(group.slice(group.lastIndexOf('/') + 1));
  }
  return [...new Set([...marked, ...jailed, ...populated])].sort();
}

/** Also without control groups (BELLOWS_CGROUP=off), and in those of an operator's own. */
async function jailedVms(processes: ProcessTable): Promise<readonly FlaggedProcess[]> {
  const flagged = await processes.flagged('--id');
  return flagged.filter(({ value, command }) => jailId.test(value) && command.includes('--api-sock'));
}

export async function killVms(processes: ProcessTable): Promise<void> {
  for (const process of await processes.marked(markName)) await processes.kill(process);
  for (const process of await jailedVms(processes)) await processes.kill(process);
  for (const group of await groupsOfVms())
    await writeFile(join(group, 'cgroup.kill'), '1', { flag: 'r+' }).catch(() => undefined);
}

export async function removeVmTraces(run: RunProgram): Promise<readonly string[]> {
  const removed: string[] = [];
  const links = await run('ip', ['-o', 'link', 'show']).catch(() => '');
  for (const [, tap = ''] of links.matchAll(new RegExp(`^\\d+: (${tapPrefix}[0-9a-z]+)[:@]`, 'gm'))) {
    await run('ip', ['link', 'delete', tap]);
    removed.push(`the tap ${tap}`);
  }
  const tables = await run('nft', ['list', 'tables']).catch(() => '');
  if (new RegExp(`^table (inet|netdev) ${tableName}$`, 'm').test(tables)) {
    await run('nft', ['-f', '-'], { input: removal });
    removed.push(`the nftables tables ${tableName}`);
  }
  const gateway = `${gatewayOf(defaultPool)}/32`;
  if ((await run('ip', ['-o', 'address', 'show', 'dev', 'lo']).catch(() => '')).includes(` ${gateway} `)) {
    await run('ip', ['address', 'delete', gateway, 'dev', 'lo']);
    removed.push(`the address ${gateway}`);
  }
  const docker = await run('iptables', ['-w', '-S', 'DOCKER-USER']).catch(() => '');
  for (const line of docker.split('\n').filter((rule) => rule.includes(`${tapPrefix}+`))) {
    await run('iptables', ['-w', ...line.replace(/^-A/, '-D').split(' ')]);
    removed.push('a rule of DOCKER-USER');
  }
  for (const group of (await groupsOfVms()).reverse()) {
    await rmdir(group);
    removed.push(`the control group ${group}`);
  }
  return removed;
}

/** Parents before children. */
async function groupsOfVms(): Promise<string[]> {
  const found: string[] = [];
  for (const group of groups) {
    const entries = await readdir(group, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries)
      if (entry.isDirectory() && /^(vm-[0-9a-z]+|vms)$/.test(entry.name))
        found.push(join(entry.parentPath, entry.name));
  }
  return found.sort();
}
