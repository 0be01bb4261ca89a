import { expect, it } from 'vitest';
import { vmId } from '../../domain/ids.ts';
import type { FlaggedProcess, ProcessTable } from '../../ports/process-table.ts';
import { newJailId } from '../vm-firecracker/jail.ts';
import { killVms, runningVms } from './vm-traces.ts';

const process = (pid: number, value: string, ...command: string[]): FlaggedProcess => ({
  pid,
  startTicks: pid,
  uid: 200_001,
  value,
  command,
});

/** Of every kind one, and two that are somebody else's. */
function table(killed: number[]): ProcessTable {
  const id = newJailId(vmId('vm-00000000000f'), '/var/lib/bellows/agent/jails');
  return {
    marked: async () => [process(1, '/var/lib/bellows/agent/qemu/vm-00000000000a', 'qemu-system-x86_64')],
    flagged: async () => [
      process(2, id, '/firecracker', '--id', id, '--api-sock', '/api.sock'),
      process(3, 'web-1', '/firecracker', '--id', 'web-1', '--api-sock', '/run/api.sock'),
      process(4, id, 'grep', '--id', id),
    ],
    isAlive: async () => true,
    kill: async ({ pid }) => void killed.push(pid),
  };
}

it('finds and ends VMs of QEMU and of Firecracker, and nothing of others', async () => {
  const killed: number[] = [];
  expect(await runningVms(table(killed))).toEqual(
    expect.arrayContaining(['vm-00000000000a', 'vm-00000000000f']),
  );
  expect(await runningVms(table(killed))).not.toContain('web-1');
  await killVms(table(killed));
  expect(killed).toEqual([1, 2]);
});
